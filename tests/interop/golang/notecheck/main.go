// The view of golang.org/x/mod (sumdb/note, sumdb/tlog) of a log: judges ours, and makes one for our reader.
//
//	log FOLDER VKEY CHECKPOINT...            the tiles and entry bundles give the root of each checkpoint
//	consistency VKEY OLD NEW PROOF           PROOF holds one hex hash a line
//	proof FOLDER VKEY PROOF ENTRY            the log proof of a bundle, and the same proof from the tiles
//	notes FOLDER                             notes, good and bad; verdicts is what Go says of each
//	proofs SEED                              proofs over random trees, good and bad, with what Go says of each
//	tiles FOLDER SIZE                        a log of SIZE entries in the layout of C2SP tlog-tiles
//
// The last line is "valid: what was tried" or "invalid: why"; exit 0 or 1.
package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tlog.ParseTree demands the first line of Go's own checksum database; a C2SP checkpoint has the log's origin there.
const treeHead = "go.sum database tree"

// checkpoint opens a signed checkpoint and reads its tree.
func checkpoint(vkey string, msg []byte) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	n, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(n.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("a checkpoint of %q", origin)
	}
	return tlog.ParseTree([]byte(treeHead + "\n" + rest))
}

func openFile(vkey, path string) (tlog.Tree, error) {
	msg, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	return checkpoint(vkey, msg)
}

// noChange opens msg with one bit changed, at every place: none may be accepted as another tree.
func noChange(vkey string, msg []byte) (int, error) {
	want, err := checkpoint(vkey, msg)
	if err != nil {
		return 0, err
	}
	for i := range msg {
		changed := append([]byte{}, msg...)
		changed[i] ^= 1
		if got, err := checkpoint(vkey, changed); err == nil && got != want {
			return 0, fmt.Errorf("accepts a checkpoint with octet %d changed", i)
		} else if err == nil && bytes.Index(msg, []byte("\n\n")) > i {
			return 0, fmt.Errorf("accepts a text with octet %d changed", i)
		}
	}
	return len(msg), nil
}

func readHashes(path string) ([]tlog.Hash, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var hashes []tlog.Hash
	for _, line := range strings.Fields(string(text)) {
		var h tlog.Hash
		b, err := hex.DecodeString(line)
		if err != nil || len(b) != len(h) {
			return nil, fmt.Errorf("%s: not a hash: %q", path, line)
		}
		copy(h[:], b)
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// mutants are the wrong neighbours of a proof: each hash changed, one missing, one too many.
func mutants(p []tlog.Hash) [][]tlog.Hash {
	all := [][]tlog.Hash{append(append([]tlog.Hash{}, p...), tlog.Hash{1})}
	if len(p) > 0 {
		all = append(all, p[:len(p)-1], p[1:])
	}
	for i := range p {
		m := append([]tlog.Hash{}, p...)
		m[i][i%32] ^= 0x80
		all = append(all, m)
	}
	return all
}

func consistency(vkey, oldPath, newPath, proofPath string) (string, error) {
	older, err := openFile(vkey, oldPath)
	if err != nil {
		return "", err
	}
	newer, err := openFile(vkey, newPath)
	if err != nil {
		return "", err
	}
	p, err := readHashes(proofPath)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(p, newer.N, newer.Hash, older.N, older.Hash); err != nil {
		return "", err
	}
	for i, m := range mutants(p) {
		if tlog.CheckTree(m, newer.N, newer.Hash, older.N, older.Hash) == nil {
			return "", fmt.Errorf("accepts wrong proof %d", i)
		}
	}
	return fmt.Sprintf("%d to %d entries, %d hashes, %d wrong proofs refused", older.N, newer.N, len(p),
		len(mutants(p))), nil
}

var errUsage = errors.New("see the comment of main.go")

func run(a []string) (string, error) {
	switch {
	case len(a) > 3 && a[0] == "log":
		return readLog(a[1], a[2], a[3:])
	case len(a) == 5 && a[0] == "consistency":
		return consistency(a[1], a[2], a[3], a[4])
	case len(a) == 5 && a[0] == "proof":
		return readProof(a[1], a[2], a[3], a[4])
	case len(a) == 2 && a[0] == "notes":
		return makeNotes(a[1])
	case len(a) == 2 && a[0] == "proofs":
		return makeProofs(a[1])
	case len(a) == 3 && a[0] == "tiles":
		return makeTiles(a[1], a[2])
	}
	return "", errUsage
}

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Println("invalid:", err)
		os.Exit(1)
	}
	fmt.Println("valid:", said)
}
