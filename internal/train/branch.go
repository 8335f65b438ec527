package train

import (
	"slices"
	"sort"
)

// Bounds of what is kept of branches.
const (
	maxBranches      = 32
	maxBranchPoints  = 256
	maxBranchNumbers = 1 << 14 // in all points of a trail
)

// Branch is a future that was given up: a person went back and did something else. It never changes, but for Parent,
// of which later snapshots may know more.
type Branch struct {
	ID     int
	Parent int     // the branch that it forks from; 0 is the run itself
	Fork   int     // step at which the two part
	End    int     // its last step
	Loss   float64 // there
	Losses []Stretch
	Path   []XY        // after the fork
	Trail  [][]float64 // after the fork; evenly spaced steps
	// Journal are all its commands, from step 0: with the run's spec they make the branch again.
	Journal []Entry
}

// Stretch summarises the losses of consecutive steps up to Step.
type Stretch struct {
	Step int
	Bucket
}

// branches are the futures that were given up, oldest first.
type branches struct {
	list []Branch // never written again: snapshots share it
	last int      // ID of the newest
}

// fade adds the future of a run that leaves it at the given step. Branches that fork later are the future's now.
func (b *branches) fade(f *future, step int) {
	b.last++
	list := slices.Clone(b.list)
	for i := range list {
		if list[i].Parent == 0 && list[i].Fork > step {
			list[i].Parent = b.last
		}
	}
	list = append(list, f.branch(b.last, step))
	if len(list) > maxBranches {
		gone := list[0]
		list = list[1:]
		for i := range list {
			if list[i].Parent == gone.ID {
				list[i].Parent = gone.Parent
			}
		}
	}
	b.list = list
}

// branch is the future after the given step, thinned for drawing.
func (f *future) branch(id, step int) Branch {
	b := Branch{ID: id, Fork: step, End: f.end, Journal: f.journal}
	if f.head == nil {
		return b
	}
	r := &f.head.run
	b.Loss = r.loss
	path, _ := r.pathAfter(step)
	b.Path = thinned(path, maxBranchPoints)
	b.Trail = thinned(r.trailAfter(step), min(maxBranchPoints, maxBranchNumbers/len(r.point.X)))
	v := f.history
	first := sort.Search(v.Len(), func(i int) bool { _, last := v.At(i); return last > step })
	var losses []Stretch
	for i := first; i < v.Len(); i++ {
		bucket, last := v.At(i)
		losses = append(losses, Stretch{last, bucket})
	}
	b.Losses = merged(losses, maxBranchPoints)
	return b
}

// thinned returns at most n elements, evenly spaced, the last one among them, in memory of their own.
func thinned[T any](s []T, n int) []T {
	if n <= 0 {
		return nil
	}
	every := max(1, (len(s)+n-1)/n)
	var out []T
	for i := (len(s) - 1) % every; i < len(s) && i >= 0; i += every {
		out = append(out, s[i])
	}
	return out
}

// merged returns at most n stretches that cover the same steps.
func merged(s []Stretch, n int) []Stretch {
	every := max(1, (len(s)+n-1)/n)
	var out []Stretch
	for group := range slices.Chunk(s, every) {
		m := group[0]
		for i, g := range group[1:] {
			m.merge(g.Bucket, float64(i+1), 1)
			m.Step = g.Step
		}
		out = append(out, m)
	}
	return out
}
