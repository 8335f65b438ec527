package plot

import (
	"math"
	"slices"
)

// Field is a function of two variables, sampled and graded for a picture of W×H cells. Computing it is the costly
// part and done once a view; drawing only copies.
type Field struct {
	View     View
	W, H     int
	Min, Max float64 // of the finite values in the view; NaN when there is none

	val  []float64 // 2W×2H samples, upper row first; then their grades from 0 to 1
	half []uint8   // W×2H levels of heat
	iso  []uint8   // W×H masks of the iso-lines' dots
	line [2][]dot
	sort []float64
}

const (
	hole  = 255 // the level of a half cell without a finite value
	bands = 11  // iso-lines run between them
)

// NewField computes a field; see Compute.
func NewField(f func(x, y float64) float64, v View, w, h int, fmin float64) *Field {
	fl := new(Field)
	fl.Compute(f, v, w, h, fmin)
	return fl
}

// Compute samples f over the view for a picture of w×h cells. The least value fmin, if it is known (NaN otherwise),
// keeps the grades comparable while the view is moved. Memory of an earlier call is reused.
func (f *Field) Compute(fn func(x, y float64) float64, v View, w, h int, fmin float64) {
	f.reset(v, w, h)
	Sample(f.val, fn, v, 2*f.W, 2*f.H)
	f.finish(fmin)
}

// Sample writes f in the middles of nx×ny equal rectangles of the view to grid, upper row first.
func Sample(grid []float64, f func(x, y float64) float64, v View, nx, ny int) {
	dx, dy := (v.X1-v.X0)/float64(nx), (v.Y1-v.Y0)/float64(ny)
	for j := range ny {
		y := v.Y1 - (float64(j)+0.5)*dy
		row := grid[j*nx : (j+1)*nx]
		for i := range row {
			row[i] = f(v.X0+(float64(i)+0.5)*dx, y)
		}
	}
}

// ComputeGrid makes the field from nx×ny values, upper row first, that stand for the middles of equal rectangles of
// the view. They are interpolated, so that a costly function can be shown coarsely at first.
func (f *Field) ComputeGrid(values []float64, nx, ny int, v View, w, h int, fmin float64) {
	f.reset(v, w, h)
	if nx <= 0 || ny <= 0 || len(values) < nx*ny {
		nx, ny, values = 1, 1, []float64{math.NaN()}
	}
	for j := range 2 * f.H {
		y0, y1, ty := between(j, 2*f.H, ny)
		for i := range 2 * f.W {
			x0, x1, tx := between(i, 2*f.W, nx)
			a := mixFinite(values[y0*nx+x0], values[y0*nx+x1], tx)
			b := mixFinite(values[y1*nx+x0], values[y1*nx+x1], tx)
			f.val[j*2*f.W+i] = mixFinite(a, b, ty)
		}
	}
	f.finish(fmin)
}

// between finds the two of m middles that the middle of part i of n lies between, and how far.
func between(i, n, m int) (lo, hi int, t float64) {
	p := clamp((float64(i)+0.5)/float64(n)*float64(m)-0.5, 0, float64(m-1))
	lo = int(p)
	return lo, min(lo+1, m-1), p - float64(lo)
}

// mixFinite interpolates; next to a value that is not finite the nearer one counts.
func mixFinite(a, b, t float64) float64 {
	if finite(a) && finite(b) {
		return a + (b-a)*t
	}
	if t < 0.5 {
		return a
	}
	return b
}

func (f *Field) reset(v View, w, h int) {
	f.View, f.W, f.H = v, min(max(w, 0), maxSide), min(max(h, 0), maxSide)
	n := f.W * f.H
	f.val = slices.Grow(f.val[:0], 4*n)[:4*n]
	f.half = slices.Grow(f.half[:0], 2*n)[:2*n]
	f.iso = slices.Grow(f.iso[:0], n)[:n]
	for i := range f.line {
		f.line[i] = slices.Grow(f.line[i][:0], 2*f.W)[:2*f.W]
	}
}

func (f *Field) finish(fmin float64) {
	f.Min, f.Max = math.Inf(1), math.Inf(-1)
	for _, v := range f.val {
		if finite(v) {
			f.Min, f.Max = min(f.Min, v), max(f.Max, v)
		}
	}
	if f.Min > f.Max {
		f.Min, f.Max = math.NaN(), math.NaN()
	}
	f.grade(fmin)
	f.shade()
	f.contour()
}

const bins = 128

// grade replaces the values by grades from 0 to 1 that grow with them. A logarithm makes valleys of any depth
// visible; its scale is a low quantile of the heights, so that no outlier sets it, and heights above a high quantile
// count as that. Half of what remains unequal is then evened out by a histogram whose slope is limited, as else a
// plateau (Easom's) would be torn apart into its rounding errors.
func (f *Field) grade(fmin float64) {
	base := math.Min(f.Min, fmin)
	if !finite(base) {
		base = f.Min
	}
	f.sort = f.sort[:0]
	for i, step := 0, max(1, len(f.val)/1500)|1; i < len(f.val); i += step {
		if v := f.val[i]; finite(v) {
			f.sort = append(f.sort, math.Min(v-base, math.MaxFloat64))
		}
	}
	if !(f.Max > f.Min) || len(f.sort) == 0 {
		for i, v := range f.val {
			f.val[i] = 0 * v // flat: zero, or NaN where it was not finite
		}
		return
	}
	slices.Sort(f.sort)
	quantile := func(q float64) float64 { return f.sort[int(q*float64(len(f.sort)-1))] }
	top := quantile(0.995)
	if top <= 0 {
		top = math.Min(f.Max-base, math.MaxFloat64)
	}
	s := math.Max(quantile(0.04), top*1e-9)
	perLog := 1 / roughLog(1+top/s)

	var count [bins]float64
	total := 0.0
	for i, v := range f.val {
		if !finite(v) {
			f.val[i] = math.NaN()
			continue
		}
		t := roughLog(1+min(v-base, top)/s) * perLog
		f.val[i] = t
		count[min(int(t*bins), bins-1)]++
		total++
	}
	// A plateau that fills the picture should not do so in the brightest colour.
	plain := count[bins-1] / total
	curve := limitedCurve(&count, total)
	for i := range curve {
		curve[i] *= 1 - 0.4*clamp((plain-0.3)/0.4, 0, 1)
	}
	for i, t := range f.val {
		if t == t {
			p := t * bins
			k := min(int(p), bins-1)
			f.val[i] = curve[k] + (curve[k+1]-curve[k])*(p-float64(k))
		}
	}
}

// roughLog is the logarithm of a normal number of at least 1 to some six digits, which no picture can tell from more,
// in a fraction of the time. It is continuous and grows, so it makes no lines of its own.
func roughLog(v float64) float64 {
	const sqrt2 = 0x6a09e667f3bcd // the mantissa bits of √2
	b := math.Float64bits(v)
	e := int(b >> 52)
	m := b & (1<<52 - 1)
	if m > sqrt2 {
		e++
		b = 1022<<52 | m
	} else {
		b = 1023<<52 | m
	}
	f := math.Float64frombits(b)
	z := (f - 1) / (f + 1)
	return float64(e-1023)*math.Ln2 + 2*z*(1+z*z*(1./3+z*z*(1./5+z*z/7)))
}

// limitedCurve returns a growing map from 0…1 to 0…1 at the edges of the bins, halfway between the identity and the
// equalisation of the counts, with a slope of at most maxSlope.
func limitedCurve(count *[bins]float64, total float64) (curve [bins + 1]float64) {
	const maxSlope = 2.5
	spare := 0.0
	for i := range count {
		c := count[i] / total * bins // 1 on average
		if c > maxSlope {
			spare += c - maxSlope
			c = maxSlope
		}
		count[i] = c
	}
	for i := range count {
		slope := 0.4 + 0.6*(count[i]+spare/bins)
		curve[i+1] = curve[i] + slope/bins
	}
	end := curve[bins]
	for i := range curve {
		curve[i] /= end
	}
	return curve
}

// shade turns the grades into levels of heat, two for each cell.
func (f *Field) shade() {
	for j := range 2 * f.H {
		row := f.val[j*2*f.W : (j+1)*2*f.W]
		for i := range f.W {
			a, b := row[2*i], row[2*i+1]
			switch {
			case a != a && b != b:
				f.half[j*f.W+i] = hole
				continue
			case a != a:
				a = b
			case b != b:
				b = a
			}
			f.half[j*f.W+i] = uint8(level((a + b) / 2))
		}
	}
}

// contour finds the dots of the iso-lines, of fewer of them where the landscape is so rugged that they would cover it.
func (f *Field) contour() {
	for n := bands; n > 1; n = (n + 1) / 2 {
		clear(f.iso)
		f.trace(float64(n))
		lined := 0
		for _, m := range f.iso {
			if m != 0 {
				lined++
			}
		}
		if lined*100 <= 42*len(f.iso) || n == 2 {
			return
		}
	}
}

// dot is a grade in bands, and the band that it lies in; there is none where the function has no value.
type dot struct {
	u    float64
	band int32
}

// trace sets the dots of the lines between n bands. A line runs between two neighbouring dots that lie in different
// bands; the dot nearer to the border is set, which gives lines one dot wide.
func (f *Field) trace(bands float64) {
	if f.W == 0 || f.H == 0 {
		return
	}
	n, rows := 2*f.W, 4*f.H
	above, spare := f.line[0], f.line[1]
	mark := func(x, y int) { f.iso[y>>2*f.W+x>>1] |= dotBit[y&3][x&1] }
	for y := range rows {
		// A row of samples stands for two rows of dots, so each of these lies a quarter of the way to a neighbour.
		j := y >> 1
		k := min(max(j-1+2*(y&1), 0), 2*f.H-1)
		near, far := f.val[j*n:(j+1)*n], f.val[k*n:(k+1)*n]
		here := spare[:len(near)]
		for x := range here {
			u := bands * (0.75*near[x] + 0.25*far[x])
			here[x] = dot{u, -1}
			if u == u {
				here[x].band = int32(u)
			}
		}
		last := here[0]
		for x, p := range here {
			if p.band != last.band {
				if side := nearer(last, p); side < 0 {
					mark(x-1, y)
				} else if side > 0 {
					mark(x, y)
				}
			}
			if y > 0 && p.band != above[x].band {
				if side := nearer(above[x], p); side < 0 {
					mark(x, y-1)
				} else if side > 0 {
					mark(x, y)
				}
			}
			last = p
		}
		above, spare = here, above
	}
}

// nearer returns -1 or 1 as a or b is nearer to the border between their bands, and 0 if there is none.
func nearer(a, b dot) int {
	if a.band < 0 || b.band < 0 {
		return 0
	}
	border := float64(max(a.band, b.band))
	if math.Abs(a.u-border) < math.Abs(b.u-border) {
		return -1
	}
	return 1
}

var (
	holeBG = RGB(22, 22, 26)
	holeFG = RGB(90, 90, 98)
)

// Draw copies the picture to the canvas with its upper left cell at ox, oy.
func (f *Field) Draw(c *Canvas, ox, oy int, mode Mode) {
	for y := max(0, -oy); y < f.H && y+oy < c.H; y++ {
		for x := max(0, -ox); x < f.W && x+ox < c.W; x++ {
			up, down := f.half[2*y*f.W+x], f.half[(2*y+1)*f.W+x]
			c.Cells[(y+oy)*c.W+x+ox] = glyph(up, down, f.iso[y*f.W+x], mode)
		}
	}
}

// glyph makes the cell of two levels of heat and a mask of iso-line dots.
func glyph(up, down, iso uint8, mode Mode) Cell {
	if up == hole && down == hole {
		if mode == ASCII {
			return Cell{R: '/', A: Soft}
		}
		if mode == Mono {
			return Cell{R: '╱', A: Soft}
		}
		return Cell{R: '╱', FG: holeFG, BG: holeBG, A: Soft}
	}
	mean := down
	switch {
	case down == hole:
		mean = up
	case up != hole:
		mean = uint8((int(up) + int(down) + 1) / 2)
	}
	switch {
	case mode == ASCII:
		const shades = " .:-=+*#%@"
		return Cell{R: rune(shades[int(mean)*len(shades)/Levels]), FG: viridis[mean], A: Soft}
	case mode == Mono && iso != 0:
		return Cell{R: 0x2800 + rune(iso), A: Soft}
	case mode == Mono:
		// Faint, ever denser dots: shades of ░▒▓ outshine lines and end in steps at them.
		stipple := [...]rune{' ', '⠁', '⠡', '⢕', '⢕'}
		return Cell{R: stipple[int(mean)*len(stipple)/Levels], A: Soft | Faint}
	case iso != 0:
		return Cell{R: 0x2800 + rune(iso), FG: isoTint[mean], BG: dimmed[mean], A: Soft}
	case up == down:
		return Cell{R: ' ', BG: dimmed[up], A: Soft}
	}
	shade := func(l uint8) Color {
		if l == hole {
			return holeBG
		}
		return dimmed[l]
	}
	return Cell{R: '▀', FG: shade(up), BG: shade(down), A: Soft}
}
