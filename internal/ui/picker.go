package ui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// choice is one line of a picker.
type choice struct {
	name, title string
	detail      []string     // shown for the line under the cursor: formula, source, when to use it
	why         string       // why it cannot be chosen, "" if it can
	ref         problems.Ref // of a problem
}

// picker is a list with a filter, over the screen.
type picker struct {
	title string
	all   []choice
	shown []choice
	at    int
	input textinput.Model
	take  func(choice)
	typed func(name string) error // takes a name that is not in the list; nil where there are no others
}

func (b *board) open(title string, all []choice, now string, take func(choice)) {
	in := b.newInput(60)
	in.Focus()
	b.picker = &picker{title: title, all: all, input: in, take: take}
	b.picker.filter()
	for i, c := range b.picker.shown {
		if c.name == now {
			b.picker.at = i
		}
	}
}

// filter keeps the choices whose name or title has the typed words in it, those first whose name begins so.
func (p *picker) filter() {
	typed := strings.ToLower(strings.TrimSpace(p.input.Value()))
	p.shown = p.shown[:0:0]
	for _, c := range p.all {
		text := strings.ToLower(c.name + " " + c.title)
		ok := true
		for _, word := range strings.Fields(typed) {
			ok = ok && strings.Contains(text, word)
		}
		if ok {
			p.shown = append(p.shown, c)
		}
	}
	slices.SortStableFunc(p.shown, func(a, b choice) int { return cmp.Compare(distance(a, typed), distance(b, typed)) })
	p.at = 0
}

// distance says how far the name is from what was typed.
func distance(c choice, typed string) int {
	switch {
	case strings.HasPrefix(c.name, typed):
		return 0
	case strings.Contains(c.name, typed):
		return 1
	default:
		return 2
	}
}

func (p *picker) key(b *board, msg tea.KeyPressMsg) tea.Cmd {
	n := len(p.shown)
	switch msg.String() {
	case "esc":
		b.picker = nil
	case "up", "shift+tab":
		if n > 0 {
			p.at = (p.at + n - 1) % n
		}
	case "down", "tab":
		if n > 0 {
			p.at = (p.at + 1) % n
		}
	case "pgup", "home":
		p.at = 0
	case "pgdown", "end":
		p.at = max(n-1, 0)
	case "enter":
		switch {
		case n == 0 && p.typed != nil:
			if err := p.typed(strings.TrimSpace(p.input.Value())); err != nil {
				b.refuse("%v", err)
				return nil
			}
			b.picker = nil
		case n == 0:
			b.refuse("nothing is called %q", p.input.Value())
		case p.shown[p.at].why != "":
			b.refuse("%s", p.shown[p.at].why)
		default:
			b.picker = nil
			p.take(p.shown[p.at])
		}
	default:
		before := p.input.Value()
		var cmd tea.Cmd
		p.input, cmd = p.input.Update(msg)
		if p.input.Value() != before {
			p.filter()
		}
		return cmd
	}
	return nil
}

func (p *picker) draw(b *board) {
	w := min(b.w-4, 96)
	list := min(len(p.all), max(3, b.h-14))
	const detail = 6
	h := min(list+detail+4, b.h-2)
	list = h - detail - 4
	if list < 3 { // a small screen: the list alone
		list = h - 4
	}
	box := pane{rect{(b.w - w) / 2, max(1, (b.h-h)/2), w, h}, true}
	b.screen.Fill(box.x, box.y, box.w, box.h, plot.Cell{R: ' '})
	b.frameOf(box, p.title+" ── type to filter, enter takes, esc leaves")
	in := box.inner()
	x := in.x + 1
	x += b.screen.Text(x, in.y, "filter: ", b.dim(), b.faint())
	drawInput(b.screen, x, in.y, p.input)
	first := 0
	if p.at >= list {
		first = p.at - list + 1
	}
	for i := first; i < len(p.shown) && i-first < list; i++ {
		c, y := p.shown[i], in.y+1+i-first
		attr, col := plot.Attr(0), plot.Color(0)
		if c.why != "" {
			col = b.dim()
		}
		if i == p.at {
			attr = plot.Bold
			b.screen.Text(in.x+1, y, string(b.cursor()), b.accent(), plot.Bold)
		}
		b.screen.Text(in.x+3, y, pad(c.name, 20), col, attr)
		b.screen.Text(in.x+24, y, clip(c.title, in.w-25), b.dim(), b.faint())
	}
	if len(p.shown) == 0 {
		text := "nothing has that in its name"
		if p.typed != nil {
			text += "; enter takes a model on data too, as in digits/mlp:64,32"
		}
		b.screen.Text(in.x+3, in.y+1, clip(text, in.w-4), b.warn(), 0)
		return
	}
	y := in.y + 2 + list
	bottom := in.y + in.h
	for i, text := range p.shown[p.at].detail {
		for _, line := range wrap(b.line(text), in.w-4) {
			if y >= bottom {
				return
			}
			attr, col := b.faint(), b.dim()
			if i == 0 {
				attr, col = 0, b.accent()
			}
			b.screen.Text(in.x+2, y, line, col, attr)
			y++
		}
	}
}

// wrap breaks text into lines of at most n columns at blanks.
func wrap(text string, n int) []string {
	if n < 1 {
		return nil
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= n:
			line += " " + word
		default:
			lines = append(lines, clip(line, n))
			line = word
		}
	}
	if line != "" {
		lines = append(lines, clip(line, n))
	}
	return lines
}

// optimizers lists the rules as choices.
func (m *Model) optimizers() []choice {
	have := m.capabilities(m.world.problem)
	var all []choice
	for _, o := range optim.All() {
		c := choice{name: o.Name, title: o.Title}
		c.detail = []string{o.FormulaIn(m.lane().snap.Convention), o.Advice, o.Source}
		if err := o.Offered(have); err != nil {
			c.why = err.Error()
			c.detail = append([]string{c.why}, c.detail...)
		}
		all = append(all, c)
	}
	return all
}

func (m *Model) pickOptimizer() {
	s := m.lane().snap
	m.open("optimizer", m.optimizers(), s.Optimizer.Name, func(c choice) {
		l := m.lane()
		m.later("preparing "+c.name, func() func() {
			set := rateFor(s, c.name)
			return func() {
				if slices.Contains(m.lanes, l) {
					id, ok := l.live.Do(train.Command{Op: train.OpOptimizer, Value: c.name, Set: set})
					m.send(l, id, ok)
				}
			}
		})
	})
}

// rateFor is the learning rate to switch to a rule with: none where the present one means the same, else one
// that suits the problem.
func rateFor(s *train.Snapshot, name string) map[string]string {
	spec, _ := optim.Lookup(name)
	if spec.Unit == s.Optimizer.Unit {
		return nil
	}
	set := map[string]string{}
	to := s.Spec.Clone()
	to.Optimizer = name
	for key, lr := range to.SuggestedRates() {
		set[key] = number(lr)
	}
	return set
}

func (m *Model) pickRun() {
	s := m.lane().snap
	m.open("add a run", m.optimizers(), s.Optimizer.Name, func(c choice) {
		m.later("preparing "+c.name, func() func() {
			spec := with(s.Spec, s.Spec.Ref(), c.name, nil, "optimizer.", "schedule.")
			spec.Schedule = ""
			run, err := train.New(spec)
			return func() {
				switch {
				case err != nil:
					m.refuse("%v", err)
					return
				case len(m.lanes) == MaxRuns:
					return
				}
				m.show(train.LaunchRun(m.ctx, run, m.speed, m.paused, m.options...))
				m.sel = len(m.lanes) - 1
				m.tune = 0
				m.say("run %d starts at step 0: r restarts all runs level", m.sel+1)
			}
		})
	})
}

func (m *Model) pickSchedule() {
	var all []choice
	for _, s := range optim.Schedules() {
		all = append(all, choice{name: s.Name, title: s.Title, detail: []string{s.Formula, s.Advice, s.Source}})
	}
	m.open("schedule", all, m.lane().snap.Schedule.Name, func(c choice) {
		m.do(train.Command{Op: train.OpSchedule, Value: c.name})
	})
}

func (m *Model) pickProblem() {
	var all []choice
	add := func(p problems.Spec, ref problems.Ref) {
		all = append(all, choice{name: p.Name, title: p.Title + " · " + p.Kind, detail: []string{p.Formula, p.Source}, ref: ref})
	}
	for _, ref := range m.own {
		if p, err := ref.Resolve(); err == nil { // it has run
			add(p, ref)
		}
	}
	for _, p := range problems.All() {
		add(p, problems.Ref{Name: p.Name})
	}
	m.open("problem", all, m.lane().snap.Problem.Name, func(c choice) { m.setProblem(c.ref) })
	m.picker.typed = func(name string) error { // a model of other sizes: digits/mlp:128
		ref := m.refOf(name)
		if err := m.guest.fits(ref); err != nil {
			return err
		}
		_, err := ref.Resolve()
		if err == nil {
			m.setProblem(ref)
		}
		return err
	}
}

// refOf is the problem of that name: a model on the user's own data, where the name begins like theirs.
func (m *Model) refOf(name string) problems.Ref {
	data, model, _ := strings.Cut(name, "/")
	for _, ref := range m.own {
		if ref.File == nil {
			continue
		}
		if p, err := ref.Resolve(); err == nil && data == strings.Split(p.Name, "/")[0] || data == problems.OwnData {
			return problems.Ref{Name: problems.OwnData + "/" + model, File: ref.File}
		}
	}
	return problems.Ref{Name: name}
}

// keep remembers a problem of the user's own for the list of problems: of data every model that fits them, of formulas
// the last one.
func (m *Model) keep(ref problems.Ref) {
	refs := []problems.Ref{ref}
	switch {
	case ref.File != nil:
		refs = problems.ModelsOn(ref)
	case ref.Formula == nil:
		return
	}
	if ref.File != nil && strings.Contains(ref.Name, ":") { // of sizes that were asked for
		refs = append([]problems.Ref{ref}, refs...)
	}
	m.own = slices.DeleteFunc(m.own, func(r problems.Ref) bool { return (r.File != nil) == (ref.File != nil) })
	m.own = append(m.own, refs...)
}

// with is a run's spec for another problem or rule: without the settings that begin with one of the prefixes, with
// those to add, and with learning rates that suit.
func with(spec train.Spec, ref problems.Ref, optimizer string, add map[string]string, drop ...string) train.Spec {
	spec = spec.Clone().On(ref)
	maps.DeleteFunc(spec.Set, func(key, _ string) bool {
		return slices.ContainsFunc(drop, func(p string) bool { return strings.HasPrefix(key, p) })
	})
	maps.Copy(spec.Set, add)
	spec.Optimizer = optimizer
	for _, key := range train.RateKeys(optimizer) {
		delete(spec.Set, "optimizer."+key)
	}
	return WithRates(spec)
}

// commonParameters are the settings of one formula that the next one has, too: a person who edits it keeps them.
func commonParameters(s *train.Snapshot, ref problems.Ref, next problems.Spec) map[string]string {
	if s.Spec.Formula == nil || ref.Formula == nil {
		return nil
	}
	kept := map[string]string{}
	for _, k := range next.New().Knobs() {
		if set, ok := s.Setting("problem." + k.Key); ok {
			kept["problem."+k.Key] = set.Knob.Text(set.Value)
		}
	}
	return kept
}

// setProblem moves all runs to another problem: each keeps its rule, with a learning rate that suits. To find that may
// take seconds for a large model, so it is done beside the screen.
func (m *Model) setProblem(ref problems.Ref) {
	old := make([]*train.Snapshot, len(m.lanes))
	lives := make([]*train.Live, len(m.lanes))
	for i, l := range m.lanes {
		old[i], lives[i] = l.snap, l.live
	}
	m.later("preparing "+ref.Name, func() func() {
		p, err := ref.Resolve()
		if err == nil {
			err = m.guest.fits(ref)
		}
		if err != nil {
			return func() { m.refuse("%v", err) }
		}
		have := m.capabilities(p.New())
		specs, why := make([]train.Spec, len(old)), ""
		for i, s := range old {
			rule := s.Optimizer.Name
			if err := s.Optimizer.Offered(have); err != nil {
				rule = "sgd"
				why = fmt.Sprintf("run %d goes on with sgd: %v", i+1, err)
			}
			drop := []string{"problem.", "optimizer.lr", "schedule.lr"}
			kept := commonParameters(s, ref, p)
			if rule != s.Optimizer.Name {
				drop = append(drop, "optimizer.")
			}
			specs[i] = with(s.Spec, ref, rule, kept, drop...)
			specs[i].Start, specs[i].Batch = nil, train.UsualBatch(p)
		}
		return func() {
			m.keep(ref)
			for i, live := range lives {
				if k := slices.IndexFunc(m.lanes, func(l *lane) bool { return l.live == live }); k >= 0 {
					id, ok := live.Replace(specs[i])
					m.send(m.lanes[k], id, ok)
				}
			}
			if why != "" {
				m.refuse("%s", why)
			}
		}
	})
}
