// Package ui is the screen: one Bubble Tea model, a table of keys, and panels that draw themselves on a
// canvas. It does no computation of its own beyond pictures: runs live in package train, in goroutines of
// their own, and the screen pulls their latest snapshots at its own pace.
package ui

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"opttui/internal/advice"
	"opttui/internal/journal"
	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/recipe"
	"opttui/internal/train"
	"opttui/internal/usage"
)

// FPS is how many times a second the screen looks at the runs at the most; see Pace.
const FPS = 30

// MaxRuns is how many runs a race may have: one for each digit key.
const MaxRuns = recipe.MaxRuns

// speeds are the rates that < and > choose from, in steps a second.
var speeds = []float64{1, 10, 60, 600, 6000, train.Unlimited}

// Options says what the screen begins with.
type Options struct {
	Runs   []train.Spec     // at least one, all on the same problem; where there is no Demo
	Demo   *Demo            // scenarios to show instead
	Again  []journal.Run    // the runs of a session that is taken up again, instead
	Record *journal.Session // what the person does is recorded to it; nil for nowhere. New's caller closes it
	Rate   float64          // steps a second; 0 is the default pace
	Paused bool
	ASCII  bool    // draw with ASCII characters only
	Memory int     // bytes that each run may use for going back in time; 0 is train.DefaultBudget
	Guest  *Guest  // the person works on somebody else's machine; nil for its owner
	Branch *Branch // the one run to begin with, instead; it has come
}

// lane is a run in the race with its place on the screen.
type lane struct {
	id     int // of its colour, and in the session's journal
	live   *train.Live
	snap   *train.Snapshot
	color  plot.Color // on heat and dark backgrounds
	dark   plot.Color // the same where the terminal is light
	marker rune
	name   string        // that the recipe gives it, "" for that of its rule
	named  problems.Spec // the problem on which it has that name
	origin string        // where it was branched off, "" for most
	sent   uint64        // last message sent
	ghost  *ghost        // nil for none

	watcher         advice.Watcher
	advice          *advice.Advice // what it says now, nil for nothing
	setbacks, setTo int            // how many times it has diverged from a step, and that
	flat            flatPath
	path            []train.XY // memory for what walked returns
}

// Model is the state of the screen. It is used by Bubble Tea's one goroutine.
type Model struct {
	board
	ctx        context.Context
	options    []train.Option // of every run
	stop       context.CancelFunc
	pace       *Pace
	due        time.Time               // the next tick
	glancing   bool                    // a glance is on its way
	background *sync.WaitGroup         // what computes beside the runs
	panicked   *atomic.Pointer[string] // why that cannot go on

	lanes []*lane
	sel   int // selected lane

	speed  float64 // steps a second
	paused bool
	xaxis  axis
	linear bool               // linear loss axis
	alpha  int                // index into alphas
	means  []recipe.Smoothing // of the selected run, instead of alpha; nil for none
	tune   int                // selected row of the tune panel

	world    world // the landscape under the paths
	drag     drag
	own      []problems.Ref // problems of the user's own
	ready    <-chan func()  // what is being prepared; nil for nothing
	formula  *formulaBox
	journal  *journal.Session // nil for none
	unsaved  string           // why the session is not being recorded, as last said
	gauges   *gauges
	ghosts   bool      // changes leave ghosts
	awaiting []awaited // copies of runs that are to come
	time     *timeLine
	finder   *finderBox
	sweeping *sweepBox
	undo     *undo
	demo     demo

	pens
	watching int // people who look on
}

// axis is what the curves are drawn against.
type axis int

const (
	bySteps axis = iota
	byGradients
	byCost
	byEpoch
	bySeconds
)

var axisNames = []string{"step", "gradient evaluations", "all evaluations f + ∇ + 2·Hv + n·H", "epoch", "seconds"}

// alphas are the smoothing rates of the loss curves; 0 is none. The first is the automatic choice: runs with noise
// are smoothed, others are not, since an average would only hide how fast they fall.
var alphas = append([]float64{math.NaN()}, recipe.Alphas...)

const autoAlpha = 0.9 // of runs with noise

// New starts the runs and returns the screen for them. The runs end when ctx does or Close is called.
// Errors are *usage.Error.
func New(ctx context.Context, o Options) (*Model, error) {
	if len(o.Runs) > MaxRuns {
		return nil, usage.Errorf("a race has %d runs at the most, not %d", MaxRuns, len(o.Runs))
	}
	ctx, stop := context.WithCancel(ctx)
	m := &Model{
		board: board{ascii: o.ASCII, screen: plot.NewCanvas(0, 0), dirty: true},
		ctx:   ctx, stop: stop, paused: o.Paused, journal: o.Record,
		options:    []train.Option{train.Budget(cmp.Or(o.Memory, train.DefaultBudget))},
		speed:      nearestSpeed(o.Rate),
		pace:       new(Pace),
		background: new(sync.WaitGroup), panicked: new(atomic.Pointer[string]), gauges: new(gauges),
	}
	m.receive(o.Guest)
	m.setMode(colorprofile.TrueColor)
	if o.Demo != nil {
		if err := m.present(*o.Demo); err != nil {
			m.Close()
			return nil, err
		}
		return m, nil
	}
	if o.Branch != nil {
		m.adopt(o.Branch)
		return m, nil
	}
	if o.Again != nil {
		if err := m.takeUp(o.Again); err != nil {
			m.Close()
			return nil, err
		}
		return m, nil
	}
	for _, spec := range o.Runs {
		if err := m.add(spec); err != nil {
			m.Close()
			return nil, err
		}
	}
	m.keep(o.Runs[0].Ref())
	m.world.reset(m.lanes[0].snap)
	return m, nil
}

// usualSpeed is the speed where nobody chose one.
const usualSpeed = 60

// nearestSpeed returns the nearest of the speeds.
func nearestSpeed(rate float64) float64 {
	if rate <= 0 {
		return usualSpeed
	}
	best := speeds[0]
	for _, s := range speeds {
		if math.IsInf(s, 1) && math.IsInf(rate, 1) || math.Abs(math.Log(s/rate)) < math.Abs(math.Log(best/rate)) {
			best = s
		}
	}
	return best
}

// Close ends all runs and what computes beside them, and waits for that: until an evaluation of a large model is done, but
// no longer than a person would.
func (m *Model) Close() {
	m.stop()
	ended := make(chan struct{})
	go func() {
		m.background.Wait()
		for _, l := range m.lanes {
			l.live.Stop()
			if l.ghost != nil {
				l.ghost.live.Stop()
			}
		}
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(farewell):
	}
}

// farewell is how long Close waits.
const farewell = 2 * time.Second

// add puts one more run on the screen.
func (m *Model) add(spec train.Spec) error {
	live, err := train.Launch(m.ctx, spec, m.speed, m.paused, m.options...)
	if err != nil {
		return err
	}
	m.show(live)
	return nil
}

// show gives a run that has begun its place on the screen.
func (m *Model) show(live *train.Live) {
	live.Watch(true)
	// A removed run's colour is free again; the lowest free one keeps a race's colours stable.
	i := 0
	for slices.ContainsFunc(m.lanes, func(l *lane) bool { return l.color == plot.RunColor(i) }) {
		i++
	}
	m.lanes = append(m.lanes, &lane{
		id:   i,
		live: live, snap: live.Snapshot(),
		color: plot.RunColor(i), dark: plot.RunColorLight(i), marker: m.markerOf(i),
	})
}

// later does what may take long in a goroutine of its own, and what it returns at a frame after that. One such thing
// goes on at a time: the last key counts, and what was begun before it is forgotten.
func (m *Model) later(what string, work func() (then func())) {
	ready := make(chan func(), 1)
	m.ready = ready
	m.beside(func() { ready <- work() })
	select { // most things are done at once: no need to wait for a frame
	case then := <-ready:
		m.ready = nil
		then()
	case <-time.After(quick):
		m.say("%s …", what)
	}
}

// quick is how long a key may be waited for: a part of a frame.
const quick = 15 * time.Millisecond

// lane returns the selected run.
func (m *Model) lane() *lane { return m.lanes[m.sel] }

// backToFront lists the runs as they are drawn: the selected one last, on top of the others.
func (m *Model) backToFront() []*lane {
	return append(slices.Clone(m.lanes[m.sel+1:]), m.lanes[:m.sel+1]...)
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd { return tea.Batch(m.tick(), tea.RequestBackgroundColor) }

// Update implements tea.Model. It never waits: commands go into the runs' mailboxes.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m.learn(msg) {
		return m, nil
	}
	switch msg := msg.(type) {
	case tickMsg:
		now := time.Now()
		m.pace.Tick(now, now.Sub(m.due))
		m.Advance(time.Time(msg))
		return m, m.tick()
	case glanceMsg:
		m.glancing = false
		m.pull()
		return m, nil
	case tea.KeyPressMsg:
		m.dirty = true
		return m, tea.Batch(m.key(msg), m.glance())
	case tea.PasteMsg:
		m.paste(msg.Content)
	case Rest:
		m.restAll()
	case tea.MouseMsg:
		m.mouse(msg)
	default:
		return m, nil
	}
	m.dirty = true
	return m, nil
}

// pull takes over the latest snapshots.
func (m *Model) pull() {
	select {
	case then := <-m.ready:
		m.ready, m.status, m.dirty = nil, "", true
		then()
	default:
	}
	m.collect()
	for _, l := range m.lanes {
		s := l.live.Snapshot()
		if s.Seq == l.snap.Seq {
			continue
		}
		if s.Refused != "" && s.Applied != l.snap.Applied {
			m.refuse("%s", s.Refused)
		}
		m.noteChange(l, s)
		m.record(l, s)
		if _, bad := trouble(s); bad && s.Status != l.snap.Status && !m.refused {
			m.status = "" // what became of the run matters more than the key that did it
		}
		l.snap = s
		m.watch(l)
		m.dirty = true
	}
	m.retry()
	for _, l := range m.lanes {
		m.haunt(l)
	}
	m.tune = min(m.tune, max(0, len(m.tuneRows())-1))
	if m.world.follow(m.lane().snap) {
		m.dirty, m.drag = true, drag{}
	}
	m.explore()
	m.gauge()
	if m.finder != nil && m.finder.fresh() || m.sweeping != nil && m.sweeping.fresh() {
		m.dirty = true
	}
}

// noteChange tells in the status line what the latest command did.
func (m *Model) noteChange(l *lane, s *train.Snapshot) {
	if n := len(s.Journal); n > len(l.snap.Journal) && s.Refused == "" && l == m.lane() && l.snap.Seeking == nil {
		e := s.Journal[n-1]
		m.say("%s at step %s", e.Note, grouped(e.Step))
	}
}

// Settled reports whether every message sent to the runs has taken effect and been seen. Tests wait for it.
func (m *Model) Settled() bool {
	if m.ready != nil || len(m.awaiting) > 0 {
		return false
	}
	for _, l := range m.lanes {
		if l.live.Snapshot().Applied < l.sent || l.snap.Applied < l.sent || l.snap.Seeking != nil {
			return false
		}
	}
	return !resting(m.lane().snap) || m.gauges.settled(m.lane())
}

// send remembers what to wait for from one run, and reports whether the message went out.
func (m *Model) send(l *lane, id uint64, ok bool) bool {
	if !ok {
		m.refuse("the run is too busy to take more commands")
		return false
	}
	l.sent = id
	return true
}

// do sends a command to the selected run.
func (m *Model) do(c train.Command) {
	m.undo = nil
	m.change(m.lane(), c)
}

// all does something with every run, and reports whether all were told.
func (m *Model) all(f func(l *train.Live) (uint64, bool)) bool {
	told := true
	for _, l := range m.lanes {
		id, ok := f(l.live)
		told = m.send(l, id, ok) && told
	}
	return told
}

// doFor sends a change of a setting to the runs that it concerns: what belongs to the problem, and its noise,
// is shared by all runs of a race, or they could not be compared; everything else is the selected run's own.
func (m *Model) doFor(key string, c train.Command) {
	if strings.HasPrefix(key, "problem.") || key == "run.noise" {
		for _, l := range m.lanes {
			m.banish(l) // on another function it would not tell what the change brought
		}
		m.all(func(l *train.Live) (uint64, bool) { return l.Do(c) })
		return
	}
	m.do(c)
}

// DefaultRuns are the runs that the program begins with when nobody says otherwise: a race of momentum and
// Adam, each at a rate that suits the problem.
func DefaultRuns(ref problems.Ref, seed uint64) []train.Spec {
	var specs []train.Spec
	for _, o := range []string{"momentum", "adam"} {
		specs = append(specs, Start(ref, o, seed))
	}
	return specs
}

// Start is the spec of a run as the screen begins it: the problem's usual minibatch and a learning rate at
// which something is to be seen. A problem that cannot be resolved is left to train.New to refuse.
func Start(ref problems.Ref, optimizer string, seed uint64) train.Spec {
	s := train.Spec{Optimizer: optimizer, Seed: seed}.On(ref)
	if p, err := ref.Resolve(); err == nil {
		s.Batch = train.UsualBatch(p)
	}
	return WithRates(s)
}

// WithRates is the spec with learning rates at which something is to be seen, where it has none.
func WithRates(s train.Spec) train.Spec {
	s = s.Clone()
	if s.Set == nil {
		s.Set = map[string]string{}
	}
	for key, lr := range s.SuggestedRates() {
		if _, chosen := s.Set[key]; !chosen && s.Set["optimizer."+key] == "" {
			s.Set["optimizer."+key] = number(lr)
		}
	}
	return s
}
