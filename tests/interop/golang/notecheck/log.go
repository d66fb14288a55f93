package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of the tiles of C2SP tlog-tiles

// place is the path of a tile in the layout of C2SP tlog-tiles: Go's own has the height in it, and "data" for the
// entries, which have another encoding there, too.
func place(t tlog.Tile) string {
	path := strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", t.H), "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// folder reads tiles for tlog; change is the place of a tile whose first octet is to be wrong.
type folder struct {
	path   string
	change string
}

func (f *folder) Height() int { return height }

func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}

// read takes a partial tile from a wider one where it is no longer there, as C2SP tlog-tiles wants it.
func (f *folder) read(t tlog.Tile) ([]byte, error) {
	for {
		b, err := os.ReadFile(filepath.Join(f.path, place(t)))
		if err == nil || !os.IsNotExist(err) || t.W == 1<<height {
			return b, err
		}
		t.W++
	}
}

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		b, err := f.read(t)
		if err != nil {
			return nil, err
		}
		if len(b) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is too short", place(t))
		}
		b = b[:t.W*tlog.HashSize]
		if place(t) == f.change {
			b[0] ^= 1
		}
		all = append(all, b)
	}
	return all, nil
}

// entries reads an entry bundle: two octets of length and the entry, for each.
func (f *folder) entries(n int64, size int64) ([][]byte, error) {
	t := tlog.Tile{H: height, L: -1, N: n, W: 1 << height}
	if size-n<<height < 1<<height {
		t.W = int(size - n<<height)
	}
	b, err := f.read(t)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for len(b) > 0 && len(all) < t.W {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, fmt.Errorf("%s is cut short", place(t))
		}
		all = append(all, b[2:2+binary.BigEndian.Uint16(b)])
		b = b[2+binary.BigEndian.Uint16(b):]
	}
	if len(all) != t.W {
		return nil, fmt.Errorf("%s holds %d entries", place(t), len(all))
	}
	return all, nil
}

// samples are up to 40 indices, the ends of the tree and of its tiles among them.
func samples(size int64) []int64 {
	seen := map[int64]bool{}
	var all []int64
	for _, i := range []int64{0, 1, size / 2, size - 2, size - 1, 254, 255, 256, 257, 65535, 65536, 65537} {
		if i >= 0 && i < size && !seen[i] {
			seen[i] = true
			all = append(all, i)
		}
	}
	for i := int64(3); i < size && len(all) < 40; i += 1 + size/29 {
		if !seen[i] {
			all = append(all, i)
		}
	}
	return all
}

// sameLeaves reads every entry and compares its leaf hash with the tile's.
func sameLeaves(f *folder, tree tlog.Tree, hashes tlog.HashReader) error {
	for n := int64(0); n<<height < tree.N; n++ {
		entries, err := f.entries(n, tree.N)
		if err != nil {
			return err
		}
		var indices []int64
		for i := range entries {
			indices = append(indices, tlog.StoredHashIndex(0, n<<height+int64(i)))
		}
		want, err := hashes.ReadHashes(indices)
		if err != nil {
			return err
		}
		for i, e := range entries {
			if tlog.RecordHash(e) != want[i] {
				return fmt.Errorf("entry %d is not that of the tile", n<<height+int64(i))
			}
		}
	}
	return nil
}

// sameTree proves sampled records from the tiles and checks the proofs, right and wrong.
func sameTree(tree tlog.Tree, hashes tlog.HashReader) (proofs, refused int, err error) {
	for _, i := range samples(tree.N) {
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		if err != nil {
			return 0, 0, err
		}
		p, err := tlog.ProveRecord(tree.N, i, hashes)
		if err != nil {
			return 0, 0, err
		}
		if err := tlog.CheckRecord(p, tree.N, tree.Hash, i, leaf[0]); err != nil {
			return 0, 0, fmt.Errorf("record %d: %w", i, err)
		}
		for _, m := range mutants(p) {
			if tlog.CheckRecord(m, tree.N, tree.Hash, i, leaf[0]) == nil {
				return 0, 0, fmt.Errorf("record %d: accepts a wrong proof", i)
			}
			refused++
		}
		proofs++
	}
	return proofs, refused, nil
}

// changedTile reads the tree with one octet of its first tile changed. TileHashReader of version 0.7.0 does not compare
// every tile with its parent (it begins behind the number of subtrees, of which several may share a tile), so that
// only the proof, checked against the signed root, shows the change in every tree.
func changedTile(tree tlog.Tree, path string) error {
	if tree.N < 2 {
		return nil
	}
	first := tlog.Tile{H: height, W: int(min(tree.N, 1<<height))}
	good := tlog.TileHashReader(tree, &folder{path: path})
	leaf, err := good.ReadHashes([]int64{tlog.StoredHashIndex(0, 1)})
	if err != nil {
		return err
	}
	wrong := tlog.TileHashReader(tree, &folder{path: path, change: place(first)})
	p, err := tlog.ProveRecord(tree.N, 1, wrong)
	if err == nil && tlog.CheckRecord(p, tree.N, tree.Hash, 1, leaf[0]) == nil {
		return fmt.Errorf("accepts a changed tile")
	}
	return nil
}

func readLog(path, vkey string, checkpoints []string) (string, error) {
	var last string
	for _, c := range checkpoints {
		msg, err := os.ReadFile(c)
		if err != nil {
			return "", err
		}
		changes, err := noChange(vkey, msg)
		if err != nil {
			return "", fmt.Errorf("%s: %w", c, err)
		}
		tree, err := checkpoint(vkey, msg)
		if err != nil {
			return "", err
		}
		f := &folder{path: path}
		hashes := tlog.TileHashReader(tree, f)
		root, err := tlog.TreeHash(tree.N, hashes)
		if err != nil || root != tree.Hash {
			return "", fmt.Errorf("%s: root from tiles %v, %w", c, root, err)
		}
		if err := sameLeaves(f, tree, hashes); err != nil {
			return "", err
		}
		proofs, refused, err := sameTree(tree, hashes)
		if err != nil {
			return "", err
		}
		if err := changedTile(tree, path); err != nil {
			return "", fmt.Errorf("%s: %w", c, err)
		}
		last = fmt.Sprintf("%d entries, %d proofs, %d wrong ones and %d changed checkpoints refused", tree.N, proofs,
			refused, changes)
		fmt.Println(last)
	}
	return fmt.Sprintf("%d checkpoints; the last: %s", len(checkpoints), last), nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

// parseProof reads a C2SP tlog-proof without extra line.
func parseProof(text string) (index int64, hashes []tlog.Hash, note string, err error) {
	head, note, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return 0, nil, "", fmt.Errorf("not a log proof")
	}
	index, err = strconv.ParseInt(lines[1][len("index "):], 10, 64)
	if err != nil {
		return 0, nil, "", err
	}
	for _, line := range lines[2:] {
		b, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(b) != tlog.HashSize {
			return 0, nil, "", fmt.Errorf("not a hash: %q", line)
		}
		var h tlog.Hash
		copy(h[:], b)
		hashes = append(hashes, h)
	}
	return index, hashes, note, nil
}

func readProof(path, vkey, proofPath, entryPath string) (string, error) {
	text, err := os.ReadFile(proofPath)
	if err != nil {
		return "", err
	}
	entry, err := os.ReadFile(entryPath)
	if err != nil {
		return "", err
	}
	index, p, msg, err := parseProof(string(text))
	if err != nil {
		return "", err
	}
	tree, err := checkpoint(vkey, []byte(msg))
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(p, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return "", err
	}
	for i := range entry {
		changed := append([]byte{}, entry...)
		changed[i] ^= 1
		if tlog.CheckRecord(p, tree.N, tree.Hash, index, tlog.RecordHash(changed)) == nil {
			return "", fmt.Errorf("accepts an entry with octet %d changed", i)
		}
	}
	for i, m := range mutants(p) {
		if tlog.CheckRecord(m, tree.N, tree.Hash, index, tlog.RecordHash(entry)) == nil {
			return "", fmt.Errorf("accepts wrong proof %d", i)
		}
	}
	f := &folder{path: path}
	own, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, f))
	if err != nil {
		return "", err
	}
	if len(own) != len(p) {
		return "", fmt.Errorf("%d hashes, from the tiles %d", len(p), len(own))
	}
	for i := range own {
		if own[i] != p[i] {
			return "", fmt.Errorf("hash %d is not that of the tiles", i)
		}
	}
	entries, err := f.entries(index>>height, tree.N)
	if err != nil || !bytes.Equal(entries[index&(1<<height-1)], entry) {
		return "", fmt.Errorf("the entry is not that of the entry bundle: %v", err)
	}
	return fmt.Sprintf("entry %d of %d, %d hashes as in the tiles", index, tree.N, len(p)), nil
}
