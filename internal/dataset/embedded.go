package dataset

import (
	"embed"
	"errors"
	"io/fs"
	"slices"
	"sync"
)

//go:embed data/*.csv data/*.csv.gz
var files embed.FS

// The embedded data sets hold a fifth of the samples (of each class) out for testing, chosen with this seed.
const (
	heldOut   = 0.2
	splitSeed = 1
)

type entry struct {
	Info
	open func() *Dataset
}

// embedded are the data sets that come with the program; data/README.md tells their origins.
var embedded = []entry{
	entryOf(Info{
		Name: "breast_cancer", Title: "Breast cancer", What: "456 biopsies with 30 measures, benign or malignant", Kinds: 2,
		Source: "data: Wolberg, Street & Mangasarian 1995, UCI (CC BY 4.0)",
	}, (*Dataset).Standardise),
	entryOf(Info{
		Name: "diabetes", Title: "Diabetes", What: "354 patients with 10 measures, and how the illness went on",
		Source: "data: Efron, Hastie, Johnstone & Tibshirani 2004",
	}, (*Dataset).Standardise),
	entryOf(Info{
		Name: "digits", Title: "Digits", What: "1 438 images of digits", Kinds: 10, Batch: 64,
		Source: "data: Alpaydin & Kaynak 1998, UCI (CC BY 4.0)",
	}, func(d *Dataset) {
		// As is usual scaled from 0…16 to 0…1 instead of standardised: most pixels at the border are always 0.
		d.Scale(1. / 16)
		d.Image = [2]int{8, 8}
	}),
	entryOf(Info{
		Name: "iris", Title: "Iris", What: "120 flowers of 3 species", Kinds: 3,
		Source: "data: Fisher 1936, UCI (CC BY 4.0)",
	}, (*Dataset).Standardise),
	entryOf(Info{
		Name: "wine", Title: "Wine", What: "142 wines of 3 cultivars with 13 measures", Kinds: 3,
		Source: "data: Forina et al. 1991, UCI (CC BY 4.0)",
	}, (*Dataset).Standardise),
}

// Embedded tells of the data sets that come with the program.
func Embedded() []Info {
	var all []Info
	for _, e := range embedded {
		all = append(all, e.Info)
	}
	return all
}

// Open returns the embedded data set, parsed once. The name must be one of Embedded.
func Open(name string) *Dataset {
	i := slices.IndexFunc(embedded, func(e entry) bool { return e.Name == name })
	return embedded[i].open()
}

// entryOf makes the entry of a file in data/ that is read once, split, and scaled by finish.
func entryOf(info Info, finish func(*Dataset)) entry {
	return entry{info, sync.OnceValue(func() *Dataset {
		d, err := read(info)
		if err != nil { // tests have shown that it is readable
			panic("dataset: embedded " + info.Name + ": " + err.Error())
		}
		finish(d)
		return d
	})}
}

func read(info Info) (*Dataset, error) {
	file := "data/" + info.Name + ".csv"
	f, err := files.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = files.Open(file + ".gz")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := unpack(f)
	if err != nil {
		return nil, err
	}
	as := AsNumber
	if info.Kinds > 0 {
		as = AsClass
	}
	d := &Dataset{Info: info}
	if err := d.readTable(in, File{As: as}); err != nil {
		return nil, err
	}
	d.hold(heldOut, splitSeed)
	return d, nil
}
