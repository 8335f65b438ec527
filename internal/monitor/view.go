package monitor

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"opttui/internal/knob"
	"opttui/internal/protocol"
	"opttui/internal/train"
)

// View is what can be seen of a run at one moment. It never changes.
type View struct {
	Seq      uint64
	Name     string
	Status   Status
	Said     string // the latest message for the person
	Bad      bool   // it tells of something wrong
	Started  time.Time
	Heard    time.Time // when the last numbers came; the zero time before the first
	Step     float64   // NaN before the first
	Series   []Series
	Tunables []Tunable
	Changes  []Change
	Lines    int // that were ever printed
	Kept     int // of them, that can be shown
}

// Series is one number of a run over its steps. The positions of its buckets are the program's steps (Gradients), its
// epoch where it logs one, and the seconds since the run was first heard of.
type Series struct {
	Name    string
	History train.HistoryView
	Last    float64
	Step    float64 // of the last
	Count   int     // values so far
}

// View returns the run as it is now.
func (r *Run) View() *View {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := &View{
		Seq: r.seq, Name: r.name, Status: r.status, Said: r.said, Bad: r.bad, Started: r.started, Heard: r.last, Step: r.step,
		Tunables: slices.Clone(r.tunables), Changes: r.changes[:len(r.changes):len(r.changes)], Lines: r.log.total, Kept: len(r.log.lines),
		Series: make([]Series, len(r.series)),
	}
	for i, s := range r.series {
		v.Series[i] = Series{Name: s.name, History: s.history.View(s.marks), Last: s.last, Step: s.marks.Gradients, Count: s.count}
	}
	return v
}

// Lines returns up to n of the lines that the program has printed, of which the newest is so many before the last.
func (r *Run) Lines(n, before int) []Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.last(n, before)
}

// Find returns the series of a name, −1 for none.
func (v *View) Find(name string) int {
	return slices.IndexFunc(v.Series, func(s Series) bool { return s.Name == name })
}

// Loss is the series that is most likely the one that is minimised, −1 where there is none at all.
func (v *View) Loss() int {
	best, rank := -1, math.MaxInt
	for i, s := range v.Series {
		if n := lossRank(s.Name); n < rank {
			best, rank = i, n
		}
	}
	return best
}

// LossName is the name of the number that is most likely the one that is minimised, "" where none looks like a loss.
func LossName(values []protocol.Value) string {
	name, rank := "", 5
	for _, v := range values {
		if n := lossRank(v.Name); n < rank {
			name, rank = strings.Clone(v.Name), n
		}
	}
	return name
}

// lossRank is the less, the more a name is that of a training loss.
func lossRank(name string) int {
	n := strings.ToLower(name)
	held := Held(name)
	switch {
	case n == "loss":
		return 0
	case strings.Contains(n, "loss") && strings.Contains(n, "train"):
		return 1
	case strings.Contains(n, "loss") && !held:
		return 2
	case strings.Contains(n, "loss"):
		return 3
	case strings.Contains(n, "err") || strings.Contains(n, "nll") || strings.Contains(n, "mse") || strings.Contains(n, "perplexity"):
		return 4
	case n == "epoch" || n == "lr" || strings.Contains(n, "time") || strings.Contains(n, "seconds"):
		return 6
	default:
		return 5
	}
}

// IsLoss tells whether a name is that of a loss, on whatever data.
func IsLoss(name string) bool { return lossRank(name) < 5 }

// IsClock tells whether a name is that of something that only goes on.
func IsClock(name string) bool { return lossRank(name) == 6 }

// Held tells whether a name is that of something measured on held-out data: whether one of its words says so.
func Held(name string) bool {
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return slices.Contains(heldWords, w) })
}

// wordsOf are the words of a name in small letters: those of val_loss, val/loss and valLoss are the same.
func wordsOf(name string) []string {
	var b strings.Builder
	small := false
	for _, r := range name {
		if unicode.IsUpper(r) && small {
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) })
}

var heldWords = []string{"val", "valid", "validation", "test", "eval", "held", "heldout", "holdout", "dev"}

// Tunable returns the tunable of a name.
func (v *View) Tunable(name string) (Tunable, bool) {
	i := slices.IndexFunc(v.Tunables, func(t Tunable) bool { return t.Knob.Key == name })
	if i < 0 {
		return Tunable{}, false
	}
	return v.Tunables[i], true
}

// Rate is the tunable that is the learning rate, false where there is none.
func (v *View) Rate() (Tunable, bool) {
	for _, name := range []string{"lr", "learning_rate", "eta", "eta0", "learning_rate_init", "lr_0", "group0.lr"} {
		if t, ok := v.Tunable(name); ok {
			return t, true
		}
	}
	i := slices.IndexFunc(v.Tunables, func(t Tunable) bool {
		return t.Knob.Key == "lr" || strings.Contains(strings.ToLower(t.Knob.Doc), "learning rate") || strings.HasSuffix(t.Knob.Key, ".lr") || strings.Contains(t.Knob.Key, "learning_rate")
	})
	if i < 0 {
		return Tunable{}, false
	}
	return v.Tunables[i], true
}

// Held is the loss on held-out data, −1 where there is none.
func (v *View) Held() int {
	return slices.IndexFunc(v.Series, func(s Series) bool { return IsLoss(s.Name) && Held(s.Name) })
}

// Snapshot is the run as one of the program's own, as far as it is known: what advice goes by. Its steps are those at
// which there was a loss, counted from 0.
func (v *View) Snapshot() *train.Snapshot {
	i := v.Loss()
	if i < 0 {
		return nil
	}
	loss := v.Series[i]
	s := &train.Snapshot{
		Seq: v.Seq, Status: train.Running, Step: max(loss.Count-1, 0), Loss: loss.Last, History: loss.History,
		Stochastic: true, GradNorm: math.NaN(), Rate: train.Unlimited,
	}
	s.Optimizer.Name = "theirs"
	if i := v.Find("grad_norm"); i >= 0 {
		s.GradNorm = v.Series[i].Last
	}
	switch {
	case loss.Last-loss.Last != 0:
		s.Status = train.Diverged
	case v.Status == Paused || v.Status == Waiting:
		s.Status = train.Paused
	case v.Status != Running:
		s.Status = train.Stopped
	}
	if t, ok := v.Rate(); ok {
		s.LR = t.Value
		lr := t.Value
		k := t.Knob
		k.Key = "lr"
		s.Settings = append(s.Settings, train.Setting{Part: "optimizer", Knob: k.Bind(&lr), Value: t.Value})
	}
	for _, c := range v.Changes {
		s.Journal = append(s.Journal, train.Entry{Step: loss.count(c.Step), Note: c.Note, Command: train.Command{Op: train.OpSet, Key: c.Name, Value: knob.Sig3(c.V)}})
	}
	return s
}

// count is how many values there were before a step.
func (s Series) count(step float64) int {
	for i := range s.History.Len() {
		if b, last := s.History.At(i); b.Gradients >= step {
			return last
		}
	}
	return max(s.Count-1, 0)
}
