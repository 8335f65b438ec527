package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"opttui/internal/usage"
)

// The idx format is that of the MNIST data (LeCun, Cortes & Burges 1998): two zero bytes, the type of the numbers, the
// number of dimensions, their sizes as big-endian 32-bit numbers, then the numbers, big-endian, last dimension fastest.

// idxTypes are the types of numbers by their code: how many bytes one has, and how it is read.
var idxTypes = map[byte]struct {
	size int
	read func(b []byte) float64
}{
	0x08: {1, func(b []byte) float64 { return float64(b[0]) }},
	0x09: {1, func(b []byte) float64 { return float64(int8(b[0])) }},
	0x0b: {2, func(b []byte) float64 { return float64(int16(binary.BigEndian.Uint16(b))) }},
	0x0c: {4, func(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) }},
	0x0d: {4, func(b []byte) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(b))) }},
	0x0e: {8, func(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }},
}

const idxByte = 0x08

// isIDX tells whether a file that begins with these four bytes can be an idx file. No text begins so.
func isIDX(magic []byte) bool {
	return len(magic) == 4 && magic[0] == 0 && magic[1] == 0 && magic[3] > 0
}

// labelsOf is the path of the labels that belong to a file of images.
func labelsOf(f File) (string, error) {
	if len(f.Ignore) > 0 || f.Missing != "" {
		return "", usage.Errorf("%s is an idx file: it has no columns to leave out and no missing values", f.Path)
	}
	if f.Target != "" {
		return f.Target, nil
	}
	dir, name := filepath.Split(f.Path)
	guess := strings.NewReplacer("images", "labels", "idx3", "idx1", "idx2", "idx1", "idx4", "idx1").Replace(name)
	if guess == name {
		return "", usage.Errorf("%s is an idx file without labels: name the file of the labels by --target", f.Path)
	}
	plain := strings.TrimSuffix(guess, ".gz")
	for _, try := range []string{guess, plain, plain + ".gz"} {
		if _, err := os.Stat(dir + try); !errors.Is(err, fs.ErrNotExist) {
			return dir + try, nil
		}
	}
	return "", usage.Errorf("the labels of %s are not beside it as %s: name their file by --target", f.Path, guess)
}

// readIDX reads samples and their labels. Bytes are scaled from 0…255 to 0…1, as is usual for images; other numbers
// are standardised.
func (d *Dataset) readIDX(samples, labels io.Reader, as string) error {
	x, sizes, code, err := readIDXNumbers(samples)
	if err != nil {
		return err
	}
	if len(sizes) < 2 {
		return errors.New("it has one dimension, as labels have: the samples must have at least two")
	}
	y, ySizes, _, err := readIDXNumbers(labels)
	if err != nil {
		return fmt.Errorf("its labels: %w", err)
	}
	if len(ySizes) != 1 {
		return fmt.Errorf("its labels have %d dimensions instead of one", len(ySizes))
	}
	n := sizes[0]
	if ySizes[0] != n {
		return fmt.Errorf("it has %d samples, its labels are for %d", n, ySizes[0])
	}
	if n < fewestRows {
		return fmt.Errorf("it has %d samples: at least %d are needed", n, fewestRows)
	}
	d.Target = "label"
	features := len(x) / n
	for j := range features {
		d.Features = append(d.Features, fmt.Sprintf("value%d", j+1))
	}
	if len(sizes) == 3 {
		d.Image = [2]int{sizes[2], sizes[1]}
	}
	d.Train.X = x
	c := column{as: as}
	for _, v := range y {
		c.add(fmt.Sprint(v), 0)
	}
	if err := c.finish(d); err != nil {
		return err
	}
	d.hold(heldOut, splitSeed)
	if code == idxByte {
		d.Scale(1. / 255)
		if d.Numeric() {
			standardise(d.Train.T, d.Test.T, 1)
		}
	} else {
		d.Standardise()
	}
	d.describe()
	return nil
}

// mostNumbers bounds what a header may announce; memory grows only with what is really there.
const mostNumbers = 1 << 40

// readIDXNumbers reads one idx file.
func readIDXNumbers(r io.Reader) (x []float64, sizes []int, code byte, err error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil || !isIDX(magic[:]) {
		return nil, nil, 0, errors.New("it is not an idx file: that begins with two zero bytes, a type and a number of dimensions")
	}
	code = magic[2]
	t, ok := idxTypes[code]
	if !ok {
		return nil, nil, 0, fmt.Errorf("numbers of type 0x%02x are unknown: the idx format has 0x08, 0x09 and 0x0b to 0x0e", code)
	}
	total := 1
	for range magic[3] {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return nil, nil, 0, errors.New("the file ends inside its header")
		}
		n := int(binary.BigEndian.Uint32(size[:]))
		if n == 0 || n > mostNumbers/total {
			return nil, nil, 0, fmt.Errorf("the header says that dimension %d of %d has the size %d", len(sizes)+1, magic[3], n)
		}
		sizes = append(sizes, n)
		total *= n
	}
	x = make([]float64, 0, min(total, 1<<20))
	buf := make([]byte, t.size<<13)
	for len(x) < total {
		part := buf[:min(len(buf), (total-len(x))*t.size)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, nil, 0, fmt.Errorf("the header announces %d numbers, the file ends after about %d", total, len(x))
		}
		for i := 0; i < len(part); i += t.size {
			v := t.read(part[i : i+t.size])
			if v-v != 0 {
				return nil, nil, 0, fmt.Errorf("number %d is %v, which is not finite", len(x)+1, v)
			}
			x = append(x, v)
		}
	}
	switch _, err := io.ReadFull(r, buf[:1]); {
	case err == nil:
		return nil, nil, 0, fmt.Errorf("the header announces %d numbers, the file has more", total)
	case !errors.Is(err, io.EOF):
		return nil, nil, 0, err // a damaged gzip file tells at its end
	}
	return x, sizes, code, nil
}
