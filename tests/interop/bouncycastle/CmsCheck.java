/*
 * BouncyCastle's view of tokens, signatures and revocation data: judges ours, and makes some for our reader.
 *
 *   token TOKEN CERT FILE         an RFC 3161 token by the certificate, over the file
 *   cms SIGNATURE FILE            a detached CMS signature, by the certificate in it
 *   make FOLDER FILE              a CA, and for each kind of key tokens and signatures with and without a
 *                                 time-stamp; CRLs and OCSP responses
 *
 * Prints "valid" or "invalid: why"; exit 0 or 1.
 */
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.Hashtable;
import java.util.List;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.jcajce.JcaBasicOCSPRespBuilder;
import org.bouncycastle.cms.CMSAttributeTableGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenGenerator;

public class CmsCheck {
    static final long HOUR = 3600_000L;
    static final Date now = new Date(System.currentTimeMillis() / 1000 * 1000);
    /* revocation data are made after the tokens, and before they are judged */
    static final Date published = new Date(now.getTime());
    static final Date before = new Date(now.getTime() - HOUR / 6);
    static DigestCalculatorProvider digests;
    static Path folder;

    /* A certificate with its key and the algorithm that it signs with. */
    static class Holder {
        final KeyPair keys;
        final X509Certificate cert;
        final String algorithm;

        Holder(KeyPair keys, X509Certificate cert, String algorithm) {
            this.keys = keys;
            this.cert = cert;
            this.algorithm = algorithm;
        }
    }

    static byte[] read(String path) throws Exception {
        return Files.readAllBytes(Path.of(path));
    }

    static void write(String name, byte[] b) throws Exception {
        Files.write(folder.resolve(name), b);
    }

    static byte[] sha256(byte[] b) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(b);
    }

    static KeyPair keys(String kind) throws Exception {
        KeyPairGenerator g = KeyPairGenerator.getInstance(kind.startsWith("Ed") ? kind : kind.replaceAll("[0-9].*", ""), "BC");
        if (kind.startsWith("RSA"))
            g.initialize(Integer.parseInt(kind.substring(3)));
        if (kind.startsWith("EC"))
            g.initialize(Integer.parseInt(kind.substring(2)));
        return g.generateKeyPair();
    }

    /* purpose null is the CA itself; the certificate ends at the given time. */
    static Holder holder(String name, String kind, String algorithm, Holder issuer, KeyPurposeId purpose, Date end)
            throws Exception {
        KeyPair keys = keys(kind);
        X500Name subject = new X500Name("CN=" + name);
        Date start = new Date(Math.min(now.getTime() - 24 * HOUR, end.getTime() - 24 * HOUR));
        JcaX509v3CertificateBuilder b = new JcaX509v3CertificateBuilder(
            issuer == null ? subject : new X500Name(issuer.cert.getSubjectX500Principal().getName()),
            BigInteger.valueOf(name.hashCode() & 0x7fffffffL).add(BigInteger.ONE), start, end, subject, keys.getPublic());
        JcaX509ExtensionUtils u = new JcaX509ExtensionUtils();
        b.addExtension(Extension.subjectKeyIdentifier, false, u.createSubjectKeyIdentifier(keys.getPublic()));
        b.addExtension(Extension.authorityKeyIdentifier, false,
            u.createAuthorityKeyIdentifier(issuer == null ? keys.getPublic() : issuer.keys.getPublic()));
        b.addExtension(Extension.basicConstraints, true, new BasicConstraints(issuer == null));
        b.addExtension(Extension.keyUsage, true, new KeyUsage(
            issuer == null ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
        if (purpose != null)
            b.addExtension(Extension.extendedKeyUsage, purpose == KeyPurposeId.id_kp_timeStamping,
                new ExtendedKeyUsage(purpose));
        return new Holder(keys, new JcaX509CertificateConverter().getCertificate(b.build(
            new JcaContentSignerBuilder(issuer == null ? algorithm : issuer.algorithm).setProvider("BC").build(
                issuer == null ? keys.getPrivate() : issuer.keys.getPrivate()))), algorithm);
    }

    static SignerInfoGenerator signer(Holder h, CMSAttributeTableGenerator attributes) throws Exception {
        JcaSignerInfoGeneratorBuilder b = new JcaSignerInfoGeneratorBuilder(digests);
        if (attributes != null)
            b.setSignedAttributeGenerator(attributes);
        return b.build(new JcaContentSignerBuilder(h.algorithm).setProvider("BC").build(h.keys.getPrivate()), h.cert);
    }

    static byte[] token(Holder tsa, Holder ca, byte[] data, Date at) throws Exception {
        TimeStampRequestGenerator g = new TimeStampRequestGenerator();
        g.setCertReq(true);
        TimeStampRequest request = g.generate(NISTObjectIdentifiers.id_sha256, sha256(data), BigInteger.valueOf(7));
        TimeStampTokenGenerator t = new TimeStampTokenGenerator(signer(tsa, null),
            digests.get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256)), new ASN1ObjectIdentifier("1.2.3.4"));
        t.setAccuracySeconds(1);
        t.addCertificates(new JcaCertStore(List.of(tsa.cert, ca.cert)));
        return t.generate(request, BigInteger.valueOf(now.getTime()), at).getEncoded();
    }

    /* CAdES: the digest of the certificate among the signed attributes (RFC 5035). */
    static CMSSignedData sign(Holder h, Holder ca, byte[] data) throws Exception {
        ASN1EncodableVector v = new ASN1EncodableVector();
        v.add(new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(
            new SigningCertificateV2(new ESSCertIDv2[] {new ESSCertIDv2(sha256(h.cert.getEncoded()))}))));
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        g.addSignerInfoGenerator(signer(h, new DefaultSignedAttributeTableGenerator(new AttributeTable(v))));
        g.addCertificates(new JcaCertStore(List.of(h.cert, ca.cert)));
        return g.generate(new CMSProcessableByteArray(data), false);
    }

    static byte[] withAttribute(CMSSignedData s, String oid, byte[] value) throws Exception {
        SignerInformation old = s.getSignerInfos().getSigners().iterator().next();
        Hashtable<ASN1ObjectIdentifier, Attribute> table = new Hashtable<>();
        ASN1ObjectIdentifier type = new ASN1ObjectIdentifier(oid);
        try (ASN1InputStream in = new ASN1InputStream(value)) {
            table.put(type, new Attribute(type, new DERSet(in.readObject())));
        }
        SignerInformation next = SignerInformation.replaceUnsignedAttributes(old, new AttributeTable(table));
        return CMSSignedData.replaceSigners(s, new SignerInformationStore(next)).getEncoded();
    }

    static void pem(String name, X509Certificate cert) throws Exception {
        try (JcaPEMWriter w = new JcaPEMWriter(Files.newBufferedWriter(folder.resolve(name)))) {
            w.writeObject(cert);
        }
    }

    static void crl(String name, Holder ca, Holder revoked) throws Exception {
        JcaX509v2CRLBuilder b = new JcaX509v2CRLBuilder(ca.cert.getSubjectX500Principal(), published);
        b.setNextUpdate(new Date(now.getTime() + 48 * HOUR));
        b.addExtension(Extension.authorityKeyIdentifier, false,
            new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(ca.keys.getPublic()));
        b.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.ONE));
        if (revoked != null)
            b.addCRLEntry(revoked.cert.getSerialNumber(), new Date(now.getTime() - HOUR), CRLReason.keyCompromise);
        write(name, b.build(new JcaContentSignerBuilder(ca.algorithm).setProvider("BC").build(ca.keys.getPrivate()))
            .getEncoded());
    }

    static void ocsp(String name, Holder ca, Holder responder, Holder about, CertificateStatus status) throws Exception {
        JcaBasicOCSPRespBuilder b = new JcaBasicOCSPRespBuilder(responder.cert.getSubjectX500Principal());
        b.addResponse(new CertificateID(digests.get(CertificateID.HASH_SHA1), new X509CertificateHolder(
            ca.cert.getEncoded()), about.cert.getSerialNumber()), status, published,
            new Date(now.getTime() + 48 * HOUR));
        write(name, new OCSPRespBuilder().build(OCSPRespBuilder.SUCCESSFUL, b.build(
            new JcaContentSignerBuilder(responder.algorithm).setProvider("BC").build(responder.keys.getPrivate()),
            new X509CertificateHolder[] {new X509CertificateHolder(responder.cert.getEncoded())},
            published)).getEncoded());
    }

    static void make(String dir, String file) throws Exception {
        folder = Path.of(dir);
        byte[] data = read(file);
        Date end = new Date(now.getTime() + 1000 * HOUR);
        Holder ca = holder("Interop CA", "EC256", "SHA256withECDSA", null, null, end);
        Holder responder = holder("Interop OCSP", "EC256", "SHA256withECDSA", ca, KeyPurposeId.id_kp_OCSPSigning, end);
        pem("ca.pem", ca.cert);
        String[][] kinds = {{"rsa", "RSA3072", "SHA256withRSA"}, {"pss", "RSA3072", "SHA256withRSAandMGF1"},
            {"p256", "EC256", "SHA256withECDSA"}, {"p384", "EC384", "SHA384withECDSA"}, {"ed25519", "Ed25519", "Ed25519"}};
        Holder tsa = null;
        for (String[] k : kinds) {
            Holder h = holder("Interop TSA " + k[0], k[1], k[2], ca, KeyPurposeId.id_kp_timeStamping, end);
            Holder s = holder("Interop signer " + k[0], k[1], k[2], ca, null, end);
            tsa = k[0].equals("p256") ? h : tsa;
            pem("tsa-" + k[0] + ".pem", h.cert);
            write("token-" + k[0] + ".tst", token(h, ca, data, before));
            CMSSignedData signed = sign(s, ca, data);
            write("sig-" + k[0] + ".p7s", signed.getEncoded());
            byte[] value = signed.getSignerInfos().getSigners().iterator().next().getSignature();
            write("sig-" + k[0] + "-t.p7s", withAttribute(signed, "1.2.840.113549.1.9.16.2.14", token(h, ca, value, before)));
            write("sig-" + k[0] + "-wrong-t.p7s",
                withAttribute(signed, "1.2.840.113549.1.9.16.2.14", token(h, ca, data, before)));
        }
        Holder old = holder("Interop old TSA", "EC256", "SHA256withECDSA", ca, KeyPurposeId.id_kp_timeStamping,
            new Date(now.getTime() - HOUR));
        write("token-expired.tst", token(old, ca, data, before));
        write("token-then-good.tst", token(old, ca, data, new Date(now.getTime() - 2 * HOUR)));
        Holder plain = holder("Interop no TSA", "EC256", "SHA256withECDSA", ca, KeyPurposeId.id_kp_timeStamping, end);
        crl("good.crl", ca, plain);
        crl("revoked.crl", ca, tsa);
        ocsp("good.ocsp", ca, responder, tsa, CertificateStatus.GOOD);
        ocsp("revoked.ocsp", ca, responder, tsa, new RevokedStatus(new Date(now.getTime() - HOUR), CRLReason.keyCompromise));
        ocsp("other.ocsp", ca, responder, plain, CertificateStatus.GOOD);
    }

    static X509CertificateHolder cert(String path) throws Exception {
        try (PEMParser pem = new PEMParser(Files.newBufferedReader(Path.of(path)))) {
            return (X509CertificateHolder) pem.readObject();
        }
    }

    static void judgeToken(String path, String certificate, String file) throws Exception {
        TimeStampToken t = new TimeStampToken(new CMSSignedData(read(path)));
        t.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(cert(certificate)));
        if (!MessageDigest.isEqual(t.getTimeStampInfo().getMessageImprintDigest(), sha256(read(file))))
            throw new IllegalStateException("the imprint is of other data");
    }

    static void judgeCms(String path, String file) throws Exception {
        CMSSignedData s = new CMSSignedData(new CMSProcessableByteArray(read(file)), new ByteArrayInputStream(read(path)));
        if (s.getSignerInfos().size() == 0)
            throw new IllegalStateException("no signer");
        for (SignerInformation i : s.getSignerInfos()) {
            X509CertificateHolder c = (X509CertificateHolder) s.getCertificates().getMatches(i.getSID()).iterator().next();
            if (!i.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(c)))
                throw new IllegalStateException("the signature does not verify");
        }
    }

    static void run(String[] a) throws Exception {
        if (a[0].equals("token") && a.length == 4)
            judgeToken(a[1], a[2], a[3]);
        else if (a[0].equals("cms") && a.length == 3)
            judgeCms(a[1], a[2]);
        else if (a[0].equals("make") && a.length == 3)
            make(a[1], a[2]);
        else
            throw new IllegalArgumentException(a[0]);
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
