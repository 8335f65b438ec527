package train

import (
	"math"
	"reflect"
	"slices"
	"strings"
)

// Hash is a fingerprint of everything that decides the run's future: θ and its gradient, the rule's state, the
// schedule's, every setting, the step, the samples used, the counts and the journal. Two runs of one spec with the same
// hash go on in the same way. It is FNV-1a over 64-bit words, the same on every machine with the same bits in the run.
func (r *Run) Hash() uint64 {
	h := hash(14695981039346656037)
	h.text(r.spec.Problem)
	h.text(r.optSpec.Name)
	h.text(r.schedSpec.Name)
	for _, n := range []int{int(r.convention), r.step, r.used, r.schedFrom, r.easing.from, r.easing.steps} {
		h.word(uint64(n))
	}
	h.word(r.sampler.seed)
	for _, v := range []float64{r.point.F, r.loss, r.base, r.lr, r.easing.first} {
		h.word(math.Float64bits(v))
	}
	h.value(reflect.ValueOf([]bool{r.unpaid, r.bad}))
	h.value(reflect.ValueOf(r.obj.counts))
	h.value(reflect.ValueOf(r.point.X))
	h.value(reflect.ValueOf(r.point.G))
	// A clone leaves out what a rule keeps as scratch memory alone.
	h.value(reflect.ValueOf(r.opt.Clone()))
	h.value(reflect.ValueOf(r.sched))
	for _, s := range r.settings() {
		h.text(s.Key())
		h.word(math.Float64bits(s.Value))
	}
	h.value(reflect.ValueOf(r.journal))
	h.value(reflect.ValueOf(r.script))
	if r.err != nil {
		h.text(r.err.Error())
	}
	return uint64(h)
}

// hash is the state of an FNV-1a hash (Fowler, Noll & Vo) that takes words for bytes.
type hash uint64

func (h *hash) word(w uint64) {
	*h = (*h ^ hash(w)) * 1099511628211
	*h ^= *h >> 32 // the upper bits of a word would never reach the lower ones of the hash
}

func (h *hash) text(s string) {
	h.word(uint64(len(s)))
	for i := range len(s) {
		h.word(uint64(s[i]))
	}
}

// value takes in a tree of values, unexported fields included. Functions and channels are left out.
func (h *hash) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			h.word(1)
		} else {
			h.word(0)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.word(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.word(v.Uint())
	case reflect.Float32, reflect.Float64:
		h.word(math.Float64bits(v.Float()))
	case reflect.String:
		h.text(v.String())
	case reflect.Slice, reflect.Array:
		h.word(uint64(v.Len()))
		for i := range v.Len() {
			h.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			h.value(v.Field(i))
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			h.word(0)
			return
		}
		if v.Kind() == reflect.Interface {
			h.text(v.Elem().Type().String())
		}
		h.value(v.Elem())
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		h.word(uint64(len(keys)))
		for _, k := range keys {
			h.value(k)
			h.value(v.MapIndex(k))
		}
	}
}
