/*
 * BouncyCastle's view of evidence records: judges ours, and makes some for our reader.
 *
 *   check RECORD TSA-CERT single|group FILE...   "valid" or "invalid: why"; exit 0 or 1
 *   make PREFIX ALG TSA-CONFIG DATA...           one batch; record i to PREFIX<i>.ers; "a,b" is a group
 *   stamp OLD NEW TSA-CONFIG                     time-stamp renewal
 *   hash OLD NEW ALG TSA-CONFIG DATA             hash-tree renewal
 */
import java.io.ByteArrayInputStream;
import java.io.File;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStamp;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStampGenerator;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSData;
import org.bouncycastle.tsp.ers.ERSDataGroup;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSEvidenceRecordGenerator;

public class ErsCheck {
    static DigestCalculatorProvider digests;

    static ASN1ObjectIdentifier oid(String alg) {
        switch (alg) {
        case "sha256": return NISTObjectIdentifiers.id_sha256;
        case "sha512": return NISTObjectIdentifiers.id_sha512;
        case "sha3-512": return NISTObjectIdentifiers.id_sha3_512;
        default: throw new IllegalArgumentException(alg);
        }
    }

    static DigestCalculator digest(String alg) throws Exception {
        return digests.get(new AlgorithmIdentifier(oid(alg)));
    }

    static byte[] read(String path) throws Exception {
        return Files.readAllBytes(Path.of(path));
    }

    static ERSData data(List<String> files, boolean group) throws Exception {
        List<ERSData> all = new ArrayList<>();
        for (String f : files)
            all.add(new ERSByteData(read(f)));
        return group ? new ERSDataGroup(all) : all.get(0);
    }

    static ERSData named(String names) throws Exception {
        List<String> files = Arrays.asList(names.split(","));
        return data(files, files.size() > 1);
    }

    static TimeStampRequestGenerator requests() {
        TimeStampRequestGenerator g = new TimeStampRequestGenerator();
        g.setCertReq(true);
        return g;
    }

    static TimeStampResponse answer(TimeStampRequest request, String config) throws Exception {
        File q = File.createTempFile("ers", ".tsq"), r = File.createTempFile("ers", ".tsr");
        try {
            Files.write(q.toPath(), request.getEncoded());
            Process p = new ProcessBuilder("openssl", "ts", "-reply", "-config", config, "-queryfile", q.getPath(),
                "-out", r.getPath()).redirectErrorStream(true).start();
            byte[] said = p.getInputStream().readAllBytes();
            if (p.waitFor() != 0)
                throw new IllegalStateException(new String(said));
            TimeStampResponse response = new TimeStampResponse(Files.readAllBytes(r.toPath()));
            response.validate(request);
            return response;
        } finally {
            q.delete();
            r.delete();
        }
    }

    static void check(String record, String cert, boolean group, List<String> files) throws Exception {
        ERSEvidenceRecord er = new ERSEvidenceRecord(read(record), digests);
        X509CertificateHolder tsa;
        try (PEMParser pem = new PEMParser(Files.newBufferedReader(Path.of(cert)))) {
            tsa = (X509CertificateHolder) pem.readObject();
        }
        er.validatePresent(data(files, group), new Date(System.currentTimeMillis() + 60000));
        er.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(tsa));
    }

    static void make(String prefix, String alg, String config, List<String> names) throws Exception {
        ERSArchiveTimeStampGenerator g = new ERSArchiveTimeStampGenerator(digest(alg));
        for (String n : names)
            g.addData(named(n));
        TimeStampResponse response = answer(g.generateTimeStampRequest(requests(), BigInteger.ONE), config);
        int i = 0;
        for (ERSArchiveTimeStamp ats : g.generateArchiveTimeStamps(response)) {
            ERSEvidenceRecord er = new ERSEvidenceRecordGenerator(digests).generate(ats);
            Files.write(Path.of(prefix + i++ + ".ers"), er.getEncoded());
        }
    }

    static void run(String[] a) throws Exception {
        List<String> args = Arrays.asList(a);
        ERSEvidenceRecord old;
        switch (a[0]) {
        case "check":
            check(a[1], a[2], a[3].equals("group"), args.subList(4, a.length));
            break;
        case "make":
            make(a[1], a[2], a[3], args.subList(4, a.length));
            break;
        case "stamp":
            old = new ERSEvidenceRecord(read(a[1]), digests);
            Files.write(Path.of(a[2]), old.renewTimeStamp(
                answer(old.generateTimeStampRenewalRequest(requests(), BigInteger.ONE), a[3])).getEncoded());
            break;
        case "hash":
            old = new ERSEvidenceRecord(read(a[1]), digests);
            Files.write(Path.of(a[2]), old.renewHash(digest(a[3]), named(a[5]), answer(
                old.generateHashRenewalRequest(digest(a[3]), named(a[5]), requests(), BigInteger.ONE), a[4])).getEncoded());
            break;
        default:
            throw new IllegalArgumentException(a[0]);
        }
    }

    public static void main(String[] a) throws Exception {
        java.security.Security.addProvider(new BouncyCastleProvider());
        digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        try {
            run(a);
            System.out.println("valid");
        } catch (Exception e) {
            System.out.println("invalid: " + e.getMessage());
            System.exit(1);
        }
    }
}
