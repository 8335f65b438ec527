package problems

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"opttui/internal/dataset"
	"opttui/internal/usage"
)

// Family is a kind of model that can be fitted to data: "mlp". With data it becomes a problem, "digits/mlp:64,32".
type Family struct {
	Name    string // as on the command line
	Title   string // as in a heading: "neural network"
	Kind    string // a few words on what makes it interesting
	Formula func(classes int, sizes []int) string
	Source  string
	// Sizes says what the numbers after the colon mean, "" where there are none; Example are some.
	Sizes, Example string
	// Default are the numbers where none are given, nil where they depend on the data; Most is how many there may be.
	Default []int
	Most    int
	// For says for which targets the family is: "" for all, else why not for one with this number of classes (0 is a
	// target that is a number).
	For func(classes int) (why string)
	// Whole models are usually run on all samples, whatever the data are.
	Whole bool
	New   func(d *dataset.Dataset, sizes []int) Problem
}

// always is the Formula of a family that has only one.
func always(formula string) func(int, []int) string {
	return func(int, []int) string { return formula }
}

var families []Family

// RegisterFamily adds a kind of model. It is called from the init function of its file.
func RegisterFamily(f Family) { families = append(families, f) }

// Families returns every kind of model by name.
func Families() []Family {
	all := slices.Clone(families)
	slices.SortFunc(all, func(a, b Family) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// usual is the model that data with this number of classes are fitted by where nobody chose one.
func usual(classes int) string {
	switch classes {
	case 0:
		return "linear"
	case 2:
		return "logistic"
	default:
		return "softmax"
	}
}

// targetOf is what the model needs its target to be, "" where it takes what there is.
func targetOf(model string) string {
	name, _, _ := strings.Cut(model, ":")
	i := slices.IndexFunc(families, func(f Family) bool { return f.Name == name })
	switch {
	case i < 0:
		return ""
	case families[i].For(0) != "":
		return dataset.AsClass
	case families[i].For(3) != "":
		return dataset.AsNumber
	default:
		return ""
	}
}

// rates are learning rates that were found good for models on embedded data: about 1/(2λmax), but more where λmax falls
// quickly from what it is at the start (in the remarks: at the start, after 100 steps), and where it rises, by where to.
var rates = map[string]float64{
	"breast_cancer":               0.3, // 3.3, 0.26
	"breast_cancer/autoencoder":   0.02,
	"breast_cancer/factorization": 40,
	"breast_cancer/mlp":           0.2, // 5.6, 0.8
	"breast_cancer/softmax":       0.15,
	"diabetes":                    0.12,
	"diabetes/autoencoder":        0.055,
	"diabetes/factorization":      22,
	"diabetes/mlp":                0.075,
	"diabetes/ridge":              0.12,
	"digits":                      0.5,
	"digits/autoencoder":          0.018,
	"digits/factorization":        180,
	"digits/mlp":                  0.2, // 4.4, 2.3
	"iris":                        0.5,
	"iris/autoencoder":            0.07,
	"iris/factorization":          6.5,
	"iris/mlp":                    0.3, // 2.4, 1.7
	"wine":                        0.6, // 1.6, 0.24
	"wine/autoencoder":            0.055,
	"wine/factorization":          19,
	"wine/mlp":                    0.4, // 2.6, 0.6
}

// maxUnits bounds the numbers after a model's colon.
const maxUnits = 4096

// modelSpec makes the problem of fitting a model, "mlp:64,32" or "" for the usual one, to data that open returns.
func modelSpec(info dataset.Info, open func() *dataset.Dataset, model string) (Spec, error) {
	name, numbers, sized := strings.Cut(cmp.Or(model, usual(info.Kinds)), ":")
	i := slices.IndexFunc(families, func(f Family) bool { return f.Name == name })
	if i < 0 {
		var known []string
		for _, f := range Families() {
			known = append(known, f.Name)
		}
		return Spec{}, usage.Unknown("model", name, known)
	}
	f := families[i]
	if why := f.For(info.Kinds); why != "" {
		return Spec{}, usage.Errorf("%s on %s: %s", f.Name, info.Name, why)
	}
	sizes := f.Default
	if sized {
		var err error
		if sizes, err = f.parse(numbers); err != nil {
			return Spec{}, err
		}
	}
	s := Spec{
		Name: info.Name, Title: info.Title + ", " + f.Title, Kind: info.What + "; " + f.Kind,
		Formula: f.Formula(info.Kinds, sizes), Source: f.Source + "; " + info.Source, Batch: info.Batch,
		New: func() Problem { return f.New(open(), sizes) },
	}
	if f.Whole {
		s.Batch = 0
	}
	if name != usual(info.Kinds) {
		s.Name += "/" + name
	}
	if !slices.Equal(sizes, f.Default) {
		s.Name += ":" + join(sizes)
	}
	return s, nil
}

// embeddedSpec is the problem of fitting a model to embedded data.
func embeddedSpec(info dataset.Info, model string) (Spec, error) {
	s, err := modelSpec(info, func() *dataset.Dataset { return dataset.Open(info.Name) }, model)
	s.Rate = rates[s.Name]
	return s, err
}

// parse reads the numbers after the colon.
func (f Family) parse(text string) ([]int, error) {
	if f.Most == 0 {
		return nil, usage.Errorf("%s takes no numbers after it, not %q", f.Name, text)
	}
	var sizes []int
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > maxUnits {
			return nil, usage.Errorf("%s cannot have %q: allowed are %s, each from 1 to %d, as in %s:%s",
				f.Name, text, f.Sizes, maxUnits, f.Name, f.Example)
		}
		sizes = append(sizes, n)
	}
	if len(sizes) > f.Most {
		return nil, usage.Errorf("%s cannot have %d numbers: allowed are %s", f.Name, len(sizes), f.Sizes)
	}
	return sizes, nil
}

func join(sizes []int) string {
	words := make([]string, len(sizes))
	for i, n := range sizes {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

// modelSpecs returns the models on embedded data: for each the usual one, then all others by name.
func modelSpecs() []Spec {
	var all []Spec
	for _, info := range dataset.Embedded() {
		names := []string{usual(info.Kinds)}
		for _, f := range Families() {
			if f.For(info.Kinds) == "" && f.Name != names[0] {
				names = append(names, f.Name)
			}
		}
		for _, n := range names {
			if s, err := embeddedSpec(info, n); err == nil {
				all = append(all, s)
			}
		}
	}
	return all
}

// ModelsOn returns every model that fits the user's data that ref is about, the usual one first. What the target is
// has been found out, and is written down in them.
func ModelsOn(ref Ref) []Ref {
	s, err := ref.Resolve()
	if err != nil || s.data == nil {
		return nil
	}
	d, file := s.data, *ref.File
	file.As = dataset.AsClass
	if d.Numeric() {
		file.As = dataset.AsNumber
	}
	refs := []Ref{{Name: OwnData, File: &file}}
	for _, f := range Families() {
		if f.For(d.Kinds) == "" && f.Name != usual(d.Kinds) {
			refs = append(refs, Ref{Name: OwnData + "/" + f.Name, File: &file})
		}
	}
	return refs
}
