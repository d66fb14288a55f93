package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "interop.example/go"

// memory holds the hashes of a tree in Go's own order of storage.
type memory []tlog.Hash

func (m memory) ReadHashes(indices []int64) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, i := range indices {
		if i >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", i)
		}
		all = append(all, m[i])
	}
	return all, nil
}

func grow(m memory, n int64, entry []byte) (memory, error) {
	hashes, err := tlog.StoredHashes(n, entry, m)
	return append(m, hashes...), err
}

func entryOf(n int64) []byte { return []byte(fmt.Sprintf("entry %d of a log made by Go\n", n)) }

func plant(size int64) (memory, error) {
	var m memory
	var err error
	for n := int64(0); n < size && err == nil; n++ {
		m, err = grow(m, n, entryOf(n))
	}
	return m, err
}

// keys are made from a fixed seed, so that a failure can be repeated.
func keys(name string) (skey, vkey string, err error) {
	return note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{byte(len(name))}, ed25519.SeedSize)), name)
}

func sign(text string, names ...string) ([]byte, error) {
	var signers []note.Signer
	for _, name := range names {
		skey, _, err := keys(name)
		if err != nil {
			return nil, err
		}
		s, err := note.NewSigner(skey)
		if err != nil {
			return nil, err
		}
		signers = append(signers, s)
	}
	return note.Sign(&note.Note{Text: text}, signers...)
}

// text is what a checkpoint signs: Go's own form with the log's origin as its first line.
func text(tree tlog.Tree) string {
	return strings.Replace(string(tlog.FormatTree(tree)), treeHead, origin, 1)
}

// looser gives the last base64 digit before the padding another value of the bits that do not count.
func looser(s string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := strings.LastIndexByte(s, '=') - 1
	return s[:at] + string(digits[strings.IndexByte(digits, s[at])|1]) + s[at+1:]
}

// makeNotes writes key, NAME.note, and verdicts with a line "NAME valid|invalid" for each.
func makeNotes(dir string) (string, error) {
	m, err := plant(1000)
	if err != nil {
		return "", err
	}
	root, err := tlog.TreeHash(1000, m)
	if err != nil {
		return "", err
	}
	good := text(tlog.Tree{N: 1000, Hash: root})
	_, vkey, err := keys(origin)
	if err != nil {
		return "", err
	}
	notes := map[string][]byte{}
	for name, n := range map[string]struct {
		text  string
		names []string
	}{
		"good":          {good, []string{origin}},
		"witnessed":     {good, []string{origin, "witness.example/w"}},
		"witness-first": {good, []string{"witness.example/w", origin}},
		"other-key":     {good, []string{"witness.example/w"}},
		"extension":     {good + "an extension line\n", []string{origin}},
		"other-origin":  {strings.Replace(good, origin, "interop.example/no", 1), []string{origin}},
		"leading-zero":  {strings.Replace(good, "1000", "01000", 1), []string{origin}},
		"negative":      {strings.Replace(good, "1000", "-1", 1), []string{origin}},
		"no-root":       {origin + "\n1000\n", []string{origin}},
		"short-root":    {origin + "\n1000\n" + base64.StdEncoding.EncodeToString(root[1:]) + "\n", []string{origin}},
		"loose-root":    {looser(good), []string{origin}},
	} {
		if notes[name], err = sign(n.text, n.names...); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	msg := string(notes["good"])
	notes["twice"] = []byte(msg + msg[strings.Index(msg, "\u2014"):])
	notes["loose-signature"] = []byte(looser(msg))
	notes["changed-size"] = []byte(strings.Replace(msg, "1000", "1001", 1))
	notes["no-last-newline"] = []byte(msg[:len(msg)-1])
	notes["carriage-return"] = []byte(strings.Replace(msg, "\n", "\r\n", 1))
	notes["no-signature"] = []byte(good + "\n")
	notes["text-after"] = []byte(msg + "more\n")
	var verdicts strings.Builder
	for name, n := range notes {
		said := "valid"
		if _, err := checkpoint(vkey, n); err != nil {
			said = "invalid"
		}
		fmt.Fprintln(&verdicts, name, said)
		if err := os.WriteFile(filepath.Join(dir, name+".note"), n, 0o644); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte(vkey), 0o644); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d notes", len(notes)), os.WriteFile(filepath.Join(dir, "verdicts"), []byte(verdicts.String()), 0o644)
}

// line prints "kind word a b hash hash proof...", word being what Go says.
func line(kind string, err error, a, b int64, x, y tlog.Hash, p []tlog.Hash) {
	word := "valid"
	if err != nil {
		word = "invalid"
	}
	fmt.Printf("%s %s %d %d %s %s", kind, word, a, b, hex.EncodeToString(x[:]), hex.EncodeToString(y[:]))
	for _, h := range p {
		fmt.Printf(" %s", hex.EncodeToString(h[:]))
	}
	fmt.Println()
}

func inclusion(p []tlog.Hash, n, size int64, leaf, root tlog.Hash) {
	line("inclusion", tlog.CheckRecord(p, size, root, n, leaf), n, size, leaf, root, p)
}

func prefix(p []tlog.Hash, from, to int64, older, newer tlog.Hash) {
	line("consistency", tlog.CheckTree(p, to, newer, from, older), from, to, older, newer, p)
}

// around prints a proof, its mutants, and the proof for the numbers beside its own.
func around(check func(p []tlog.Hash, a, b int64, x, y tlog.Hash), p []tlog.Hash, a, b int64, x, y tlog.Hash) {
	check(p, a, b, x, y)
	for _, m := range mutants(p) {
		check(m, a, b, x, y)
	}
	check(p, a+1, b, x, y)
	check(p, a, b+1, x, y)
	if a > 1 {
		check(p, a-1, b, x, y)
		check(p, a, b-1, x, y)
	}
	check(p, a, b, y, x)
	x[5] ^= 4
	check(p, a, b, x, y)
}

func makeProofs(seed string) (string, error) {
	s, err := strconv.ParseInt(seed, 10, 64)
	if err != nil {
		return "", err
	}
	random := rand.New(rand.NewSource(s))
	const most = 3000
	m, err := plant(most)
	if err != nil {
		return "", err
	}
	count := 0
	for k := 0; k < 300; k++ {
		limit := int64(most)
		if k%2 == 0 {
			limit = 20
		}
		to := 1 + random.Int63n(limit)
		from, n := 1+random.Int63n(to), random.Int63n(to)
		newer, err := tlog.TreeHash(to, m)
		if err != nil {
			return "", err
		}
		older, err := tlog.TreeHash(from, m)
		if err != nil {
			return "", err
		}
		leaf := tlog.RecordHash(entryOf(n))
		record, err := tlog.ProveRecord(to, n, m)
		if err != nil {
			return "", err
		}
		tree, err := tlog.ProveTree(to, from, m)
		if err != nil {
			return "", err
		}
		around(inclusion, record, n, to, leaf, newer)
		around(prefix, tree, from, to, older, newer)
		count += 2
	}
	return fmt.Sprintf("%d proofs and what is around them", count), nil
}

func writeFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

func makeTiles(dir, sizeText string) (string, error) {
	size, err := strconv.ParseInt(sizeText, 10, 64)
	if err != nil {
		return "", err
	}
	m, err := plant(size)
	if err != nil {
		return "", err
	}
	tiles := tlog.NewTiles(height, 0, size)
	for i, t := range tiles {
		if i+1 < len(tiles) && tiles[i+1].L == t.L && tiles[i+1].N == t.N {
			continue // a wider form of the same tile follows
		}
		b, err := tlog.ReadTileData(t, m)
		if err != nil {
			return "", err
		}
		if err := writeFile(filepath.Join(dir, place(t)), b); err != nil {
			return "", err
		}
	}
	for n := int64(0); n<<height < size; n++ {
		t := tlog.Tile{H: height, L: -1, N: n, W: int(min(size-n<<height, 1<<height))}
		var b []byte
		for i := n << height; i < n<<height+int64(t.W); i++ {
			b = binary.BigEndian.AppendUint16(b, uint16(len(entryOf(i))))
			b = append(b, entryOf(i)...)
		}
		if err := writeFile(filepath.Join(dir, place(t)), b); err != nil {
			return "", err
		}
	}
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		return "", err
	}
	msg, err := sign(text(tlog.Tree{N: size, Hash: root}), origin)
	if err != nil {
		return "", err
	}
	_, vkey, err := keys(origin)
	if err != nil {
		return "", err
	}
	if err := writeFile(filepath.Join(dir, "key"), []byte(vkey)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d entries, %d tiles", size, len(tiles)), writeFile(filepath.Join(dir, "checkpoint"), msg)
}
