package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opttui/internal/usage"
)

// write puts a file into a folder of the test.
func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

// TestIrisAsAFile: the embedded table as a file of the user's own is the same data set, gzipped or not, with other
// separators and ends of lines.
func TestIrisAsAFile(t *testing.T) {
	iris, err := files.ReadFile("data/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := Open("iris")
	for name, content := range map[string][]byte{
		"iris.csv":    iris,
		"iris.csv.gz": packed(iris),
		"iris.txt":    packed(iris),
		"semi.csv":    bytes.ReplaceAll(iris, []byte(","), []byte(";")),
		"tab.tsv":     bytes.ReplaceAll(iris, []byte(","), []byte("\t")),
		"crlf.csv":    bytes.ReplaceAll(iris, []byte("\n"), []byte("\r\n")),
		"bom.csv":     append([]byte("\ufeff"), iris...),
		"blank.csv":   bytes.ReplaceAll(iris, []byte("\n"), []byte("\n\n")),
		"spaces.csv":  bytes.ReplaceAll(iris, []byte(","), []byte(" , ")),
		"quoted.csv":  bytes.ReplaceAll(iris, []byte("setosa"), []byte(`"setosa"`)),
	} {
		got, err := Load(File{Path: write(t, name, content)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Kinds != 3 || got.What != "150 rows with 4 numbers, target species: 3 classes" || got.Title != name {
			t.Errorf("%s: %+v", name, got.Info)
		}
		c := *got
		c.Info = want.Info
		if diff := cmp.Diff(want, &c); diff != "" {
			t.Errorf("%s is not what is embedded: %s", name, diff)
		}
	}
}

// TestAFileIsReadOnce, and again where something else is asked of it.
func TestAFileIsReadOnce(t *testing.T) {
	text := "x,z,kind\n1,2,a\n2,1,b\n3,5,a\n4,4,b\n5,0,a\n"
	f := File{Path: write(t, "a.csv", []byte(text))}
	var told int64
	a, err := LoadWith(f, func(done, _ int64) { told = done })
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := Load(f); b != a || told != int64(len(text)) {
		t.Errorf("read twice, or %d bytes", told)
	}
	f.Ignore = []string{"z"}
	if c, err := Load(f); err != nil || c == a || len(c.Features) != 1 {
		t.Errorf("%v, %v", c, err)
	}
}

// rows makes a table with so many rows.
func rows(header string, n int, row func(i int) string) string {
	b := header + "\n"
	for i := range n {
		b += row(i) + "\n"
	}
	return b
}

// TestWhatTheTargetIs: which column it is, and whether its values are classes or numbers.
func TestWhatTheTargetIs(t *testing.T) {
	whole := rows("a,b,c", 60, func(i int) string { return fmt.Sprintf("%d,%g,%d", i, float64(i)/7, i%3) })
	many := rows("a,b", 60, func(i int) string { return fmt.Sprintf("%d,%d", i, i%30) })
	for _, c := range []struct {
		text           string
		file           File
		target         string
		features, kind int
	}{
		{whole, File{}, "c", 2, 3},
		{whole, File{As: AsNumber}, "c", 2, 0},
		{whole, File{Target: "b"}, "b", 2, 0},
		{whole, File{Target: "a", Ignore: []string{"c"}}, "a", 1, 0},
		{strings.ReplaceAll(strings.ReplaceAll(whole, ",", ";"), ".", ","), File{Target: "b"}, "b", 2, 0}, // as in Germany
		{strings.Replace(whole, "b", "Label", 1), File{}, "Label", 2, 0},
		{strings.Replace(whole, "a,b,c\n", "", 1), File{}, "column3", 2, 3},
		{many, File{}, "b", 1, 0},
		{many, File{As: AsClass}, "b", 1, 30},
		{rows("a,b", 40, func(i int) string { return fmt.Sprintf("%d,%s", i, []string{"x", "y", "10", "9"}[i%4]) }), File{}, "b", 1, 4},
		{rows("a,on,b", 40, func(i int) string {
			return fmt.Sprintf("%d,%s,%g", i, []string{"yes", "No", "TRUE", "0"}[i%4], 1e3*float64(i))
		}), File{}, "b", 2, 0},
	} {
		f := c.file
		f.Path = write(t, "t.csv", []byte(c.text))
		d, err := Load(f)
		if err != nil {
			t.Errorf("%+v: %v", c.file, err)
			continue
		}
		if d.Target != c.target || len(d.Features) != c.features || d.Kinds != c.kind || d.Numeric() != (c.kind == 0) {
			t.Errorf("%+v: target %s of kind %d, features %v; want %s of kind %d", c.file, d.Target, d.Kinds, d.Features, c.target, c.kind)
		}
		if c.kind == 4 && !slices.Equal(d.Classes, []string{"9", "10", "x", "y"}) {
			t.Errorf("classes %v", d.Classes)
		}
		check(t, d)
	}
}

// check is what holds for every data set that has been read.
func check(t testing.TB, d *Dataset) {
	t.Helper()
	p := len(d.Features)
	for _, s := range []Samples{d.Train, d.Test} {
		if len(s.X) != s.Len()*p || (s.Y == nil) != d.Numeric() && s.Len() > 0 || len(s.Y) != 0 && len(s.T) != 0 {
			t.Fatalf("%d samples with %d numbers of %d features", s.Len(), len(s.X), p)
		}
		for _, v := range append(slices.Clone(s.X), s.T...) {
			if v-v != 0 {
				t.Fatalf("a value is %v", v)
			}
		}
		for _, y := range s.Y {
			if y < 0 || y >= len(d.Classes) {
				t.Fatalf("class %d of %d", y, len(d.Classes))
			}
		}
	}
	if d.Train.Len() == 0 || !d.Numeric() && len(d.Classes) < 2 {
		t.Fatalf("%d training samples, classes %v", d.Train.Len(), d.Classes)
	}
}

func TestMissingValues(t *testing.T) {
	text := rows("a,b,c", 50, func(i int) string {
		switch i {
		case 3:
			return "?,1,2.5"
		case 7:
			return "1,NA,2.5"
		case 9:
			return "1,1,"
		}
		return fmt.Sprintf("%d,%d,%g", i, i*i, float64(i)/3)
	})
	path := write(t, "m.csv", []byte(text))
	if _, err := Load(File{Path: path}); err == nil || !strings.Contains(err.Error(), "line 5, column a: a value is missing; line 9, column b: a value is missing; line 11, column c: a value is missing. Leave out rows with missing values by --missing skip, or put the column's mean there by --missing mean") {
		t.Errorf("missing values: %v", err)
	}
	d, err := Load(File{Path: path, Missing: "skip"})
	if err != nil || d.Train.Len()+d.Test.Len() != 47 || !strings.HasSuffix(d.What, "; 3 rows with missing values left out") {
		t.Errorf("skip: %+v, %v", d, err)
	}
	d, err = Load(File{Path: path, Missing: "mean"}) // the row without a target goes all the same
	if err != nil || d.Train.Len()+d.Test.Len() != 49 {
		t.Fatalf("mean: %v", err)
	}
	check(t, d)
	zeros := 0
	for _, v := range append(slices.Clone(d.Train.X), d.Test.X...) {
		if math.Abs(v) < 1e-12 {
			zeros++
		}
	}
	if zeros != 2 {
		t.Errorf("%d values are the mean, want those 2 that were missing", zeros)
	}
	if _, err := Load(File{Path: path, Missing: "maen"}); err == nil || !strings.Contains(err.Error(), `did you mean "mean"?`) {
		t.Errorf("maen: %v", err)
	}
}

func TestWrongTables(t *testing.T) {
	five := "1,2,x\n2,1,y\n3,3,x\n4,1,y\n5,2,x\n"
	for _, c := range []struct {
		text  string
		file  File
		want  string
		usage bool
	}{
		{"", File{}, "the table is empty", false},
		{"a\n1\n2\n", File{}, "needs a column to learn from beside the target a", false},
		{"a,b,kind\n" + five[:12], File{}, "the table has too few rows: there are 2, and at least 5 are needed", false},
		{"a,b,kind\n" + five + "6,7\n", File{}, "line 7 has 2 values, the first row has 3", false},
		{"a,b,kind\n" + five + "six,7,x\n", File{}, `line 7, column a: "six" is not a finite number. Leave out columns of text by --ignore a`, true},
		{"a,b,kind\n" + five + "six,Inf,x\n", File{}, `column b: "Inf" is not a finite number. Leave out columns of text by --ignore a,b`, true},
		{"a,b,kind\n" + five + "six,7,x\n7,eight,x\n", File{}, `line 7, column a: "six" is not a finite number; line 8, column b`, true},
		{"a,b,kind\n" + five, File{Target: "knid"}, `unknown column "knid": did you mean "kind"?`, true},
		{"a,b,kind\n" + five, File{Ignore: []string{"c"}}, `unknown column "c"`, true},
		{"a,b,kind\n" + five, File{Ignore: []string{"kind"}}, "column kind is the target and is to be left out", true},
		{"a,b,kind\n" + five, File{As: AsNumber}, `column kind: "x" is not a number, which this model wants to predict`, true},
		{"a,b,kind\n" + strings.ReplaceAll(five, "y", "x"), File{}, "the target kind is always x: name another one by --target", true},
		{"a,b,kind\n" + five + "1,\"2,x\n", File{}, "line", false},
		{"a,b\n1,2.5\n2,x\n3,4.5\n4,5.5\n5,6.5\n6,7.5\n", File{}, `line 3, column b: the target is a number in most rows, and "x" here`, true},
		{rows("a,b", 20, func(i int) string { return fmt.Sprintf("%d,n%d", i, i) }), File{}, "has 20 different values in 20 rows: these are names, not classes", true},
		{rows("a,b", 1500, func(i int) string { return fmt.Sprintf("%d,n%d", i, i) }), File{}, "the target b has more than 1000 classes", true},
	} {
		f := c.file
		f.Path = write(t, "w.csv", []byte(c.text))
		_, err := Load(f)
		var bad *usage.Error
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &bad) != c.usage {
			t.Errorf("%.40q %+v: %v, want %q", c.text, c.file, err, c.want)
		}
	}
	if _, err := Load(File{Path: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Load(File{Path: "no/such.csv"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Load(File{Path: write(t, "z.csv", []byte{0x1f, 0x8b, 1, 2})}); err == nil || !strings.Contains(err.Error(), "begins like a gzip file") {
		t.Errorf("no gzip: %v", err)
	}
}

// idx makes an idx file.
func idx(code byte, sizes []int, numbers []byte) []byte {
	b := []byte{0, 0, code, byte(len(sizes))}
	for _, n := range sizes {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, numbers...)
}

func TestIDX(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pixels := make([]byte, 20*2*3)
	for i := range pixels {
		pixels[i] = byte(i * 2)
	}
	labels := make([]byte, 20)
	for i := range labels {
		labels[i] = byte(i % 2)
	}
	images := put("train-images-idx3-ubyte.gz", packed(idx(8, []int{20, 2, 3}, pixels)))
	if _, err := Load(File{Path: images}); err == nil || !strings.Contains(err.Error(), "not beside it as train-labels-idx1-ubyte.gz: name their file by --target") {
		t.Errorf("no labels: %v", err)
	}
	put("train-labels-idx1-ubyte", idx(8, []int{20}, labels))
	d, err := Load(File{Path: images})
	if err != nil {
		t.Fatal(err)
	}
	check(t, d)
	if d.Image != [2]int{3, 2} || d.Train.Len() != 16 || d.Test.Len() != 4 || len(d.Features) != 6 || !slices.Equal(d.Classes, []string{"0", "1"}) {
		t.Errorf("%+v", d)
	}
	if i := slices.Max(d.Train.X); i > 238./255 || i < 200./255 {
		t.Errorf("the brightest pixel is %v", i)
	}
	for code, b := range map[byte][]byte{
		0x09: {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		0x0b: {0xff, 0xff, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9},
	} {
		x, _, _, err := readIDXNumbers(bytes.NewReader(idx(code, []int{5, 2}, b)))
		if err != nil || !slices.Equal(x, []float64{-1, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("type %x: %v, %v", code, x, err)
		}
	}
	float := binary.BigEndian.AppendUint32(nil, math.Float32bits(1.5))
	double := binary.BigEndian.AppendUint64(nil, math.Float64bits(-2.25))
	if x, _, _, err := readIDXNumbers(bytes.NewReader(idx(0x0d, []int{1}, float))); err != nil || x[0] != 1.5 {
		t.Errorf("float32: %v, %v", x, err)
	}
	if x, _, _, err := readIDXNumbers(bytes.NewReader(idx(0x0e, []int{1}, double))); err != nil || x[0] != -2.25 {
		t.Errorf("float64: %v, %v", x, err)
	}
	for _, c := range []struct {
		images, labels []byte
		want           string
	}{
		{idx(8, []int{20, 2, 3}, pixels[:50]), idx(8, []int{20}, labels), "the header announces 120 numbers, the file ends after about 0"},
		{idx(8, []int{20, 2, 2}, pixels), idx(8, []int{20}, labels), "announces 80 numbers, the file has more"},
		{idx(8, []int{20, 2, 3}, pixels), idx(8, []int{19}, labels[1:]), "it has 20 samples, its labels are for 19"},
		{idx(8, []int{20, 2, 3}, pixels), idx(8, []int{20, 1}, labels), "its labels have 2 dimensions instead of one"},
		{idx(8, []int{120}, pixels), idx(8, []int{20}, labels), "it has one dimension"},
		{idx(7, []int{20, 2, 3}, pixels), idx(8, []int{20}, labels), "numbers of type 0x07 are unknown"},
		{idx(8, []int{1 << 31, 1 << 31, 3}, pixels), idx(8, []int{20}, labels), "dimension 2 of 3 has the size 2147483648"},
		{idx(8, []int{1 << 30, 2, 3}, pixels), idx(8, []int{20}, labels), "announces 6442450944 numbers, the file ends"},
		{idx(8, []int{20, 2, 3}, pixels)[:7], idx(8, []int{20}, labels), "ends inside its header"},
		{idx(8, []int{20, 2, 3}, pixels), []byte("labels"), "its labels: it is not an idx file"},
		{idx(8, []int{20, 2, 3}, pixels), idx(8, []int{20}, make([]byte, 20)), "is always 0"},
		{idx(8, []int{2, 2}, pixels[:4]), idx(8, []int{2}, labels[:2]), "it has 2 samples: at least 5 are needed"},
		{idx(0x0d, []int{1, 1}, []byte{0x7f, 0xc0, 0, 0}), nil, "number 1 is NaN, which is not finite"},
	} {
		f := File{Path: put("images", c.images), Target: put("other", c.labels)}
		if _, err := Load(f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := Load(File{Path: images, Ignore: []string{"a"}}); err == nil || !strings.Contains(err.Error(), "no columns to leave out") {
		t.Errorf("ignore: %v", err)
	}
	if _, err := Load(File{Path: put("numbers", idx(8, []int{20, 2, 3}, pixels))}); err == nil || !strings.Contains(err.Error(), "name the file of the labels by --target") {
		t.Errorf("a name that says nothing: %v", err)
	}
}
