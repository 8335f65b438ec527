package lrfinder

import (
	"cmp"
	"runtime"
)

// Options are the constants of the search. Zero fields take the values in brackets.
type Options struct {
	Iterations int     // N, after which rates are compared [100]
	Seeds      int     // how many seeds of noise and minibatches [1 where nothing is random, else 5]
	Lo, Hi     float64 // range of the grid; where it is given it is never widened [1e-6…10, and 1e-4…10 stability limits]
	PerDecade  int     // rates a decade [4]
	Workers    int     // trials at a time [one a processor]
	Share      Share   // the turns in which a trial computes [whenever it likes]
	NoCheck    bool    // do not check whether the rule holds, which takes most of the time

	Tail        int     // last iterations whose mean loss is the score [10]
	Smoothing   float64 // decay rate of the average by which losses are judged [0.9, or the rule's momentum if that is more]
	Diverged    float64 // a trial has diverged when it ends this many times the initial excess above the best loss [4]
	Rise        float64 // severe: the excess is this many times its running best … [2]
	RiseSteps   int     // … for so many steps on end … [5]
	RiseFloor   float64 // … and above that by this share of the initial excess [0.5]
	SevereShare float64 // a rate is unstable when so large a share of the seeds is [0.2]
	BestWithin  float64 // ratio to which ε* is refined [1.05]
	EdgeWithin  float64 // ratio to which ε_edge is bisected [1.02]
	CheckFactor int     // the rule is checked after so many times N steps [10]

	// Progress is told of every finished piece of work, by one goroutine at a time. It should be quick.
	Progress func(Progress)
}

// Progress is how far the search has come.
type Progress struct {
	Phase       string // in words: "grid", "best rate", "edge", "check"
	Done, Total int    // steps; the total is an estimate until the last phase
	Trial       *Trial // the trial of N iterations that has just finished, nil for other work
}

// The numbers of seeds and the least and greatest rate that a grid is widened to.
const (
	usualSeeds      = 5
	leastLR, mostLR = 1e-12, 1e6
)

func (o Options) withDefaults() Options {
	o.Iterations = cmp.Or(o.Iterations, 100)
	o.PerDecade = cmp.Or(o.PerDecade, 4)
	o.Workers = cmp.Or(o.Workers, runtime.GOMAXPROCS(0))
	o.Tail = min(cmp.Or(o.Tail, 10), o.Iterations)
	o.Diverged = cmp.Or(o.Diverged, 4)
	o.Rise = cmp.Or(o.Rise, 2)
	o.RiseSteps = cmp.Or(o.RiseSteps, 5)
	o.RiseFloor = cmp.Or(o.RiseFloor, 0.5)
	o.SevereShare = cmp.Or(o.SevereShare, 0.2)
	o.BestWithin = cmp.Or(o.BestWithin, 1.05)
	o.EdgeWithin = cmp.Or(o.EdgeWithin, 1.02)
	o.CheckFactor = cmp.Or(o.CheckFactor, 10)
	return o
}
