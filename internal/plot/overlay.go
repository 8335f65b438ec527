package plot

import "math"

// halo is how much darker the heat is behind a line or a marker, which sets it off wherever it runs.
const halo = 0.24

// Overlay draws what moves over a landscape: paths, markers, arrows. Everything is clipped to the picture of W×H
// cells at OX, OY of the canvas, and the heat below stays.
type Overlay struct {
	C            *Canvas
	OX, OY, W, H int
	View         View
	Mode         Mode

	ras Raster
}

// Path draws a line through n points. With fade the older parts are dimmer, which shows the direction. Where a
// point is not finite the line is interrupted.
func (o *Overlay) Path(n int, at func(i int) (x, y float64), col Color, fade bool) {
	o.ras.Resize(o.W, o.H)
	shades := fading(col)
	px, py, last := math.NaN(), math.NaN(), Color(0)
	for i := range n {
		x, y := at(i)
		x, y = o.View.ToDot(x, y, o.W, o.H)
		c := col
		if fade {
			// The last quarter is at full strength: where a run is matters more than where it was.
			age := clamp(1.25*float64(n-1-i)/float64(max(n-1, 1))-0.25, 0, 1)
			c = shades[int(math.Ceil(age*fades))]
		}
		if n == 1 {
			px, py = x, y
		} else if math.Floor(px) == math.Floor(x) && math.Floor(py) == math.Floor(y) && c == last {
			px, py = x, y
			continue // the dot is there
		}
		o.ras.Line(px, py, x, y, c)
		if o.Mode == Mono {
			o.ras.Line(px+1, py, x+1, y, c) // only its weight tells it from an iso-line
		}
		px, py, last = x, y, c
	}
	o.flush(Bold)
}

// fades is how many steps a path fades in: few colours, so that neighbouring cells can share one.
const fades = 8

// fading is the colour of a path from its newest part to its oldest.
func fading(col Color) (shades [fades + 1]Color) {
	for i := range shades {
		shades[i] = Mix(col, RGB(120, 120, 130), 0.45*float64(i)/fades)
	}
	return shades
}

func (o *Overlay) flush(a Attr) {
	if o.Mode == ASCII {
		o.ras.BlitASCII(o.C, o.OX, o.OY, 'o', a)
		return
	}
	if o.Mode == Colour {
		o.ras.each(o.C, o.OX, o.OY, func(cell *Cell, _ uint8, _ Color) {
			if cell.A&Soft != 0 { // not yet darkened
				flatten(cell)
				cell.BG = Mix(cell.BG, RGB(0, 0, 0), halo)
				if cell.R < 0x2800 || cell.R > 0x28ff {
					cell.R = ' '
				}
			}
		})
	}
	o.ras.Blit(o.C, o.OX, o.OY, a)
}

// Marker puts a glyph where the point is and reports whether that is in the picture.
func (o *Overlay) Marker(x, y float64, r rune, col Color) bool {
	i, j, ok := o.View.ToCell(x, y, o.W, o.H)
	if !ok {
		return false
	}
	cell := o.C.At(o.OX+i, o.OY+j)
	flatten(cell)
	if cell.A&Soft != 0 && cell.BG != 0 {
		cell.BG = Mix(cell.BG, RGB(0, 0, 0), halo)
	}
	cell.R, cell.FG, cell.A = r, col, Bold
	return true
}

// Arrow draws a line from x, y in the direction dx, dy, length cells long as seen on the screen (a cell is
// about twice as high as wide), and ends it by a head. It reports whether anything could be drawn: a direction of
// zero or one that is not finite has no arrow.
func (o *Overlay) Arrow(x, y, dx, dy, length float64, col Color) bool {
	if o.W <= 0 || o.H <= 0 {
		return false
	}
	x0, y0 := o.View.ToDot(x, y, o.W, o.H)
	if !(x0 >= 0 && x0 < float64(2*o.W) && y0 >= 0 && y0 < float64(4*o.H)) {
		return false
	}
	big := math.Max(math.Abs(dx), math.Abs(dy))
	if !finite(big) || big == 0 {
		return false
	}
	ux := dx / big / (o.View.X1 - o.View.X0) * float64(2*o.W)
	uy := -dy / big / (o.View.Y1 - o.View.Y0) * float64(4*o.H)
	norm := math.Hypot(ux, uy) // dots are square
	if !finite(norm) || norm == 0 {
		return false
	}
	ux, uy = ux/norm, uy/norm
	length = clamp(2*length, 2, float64(4*max(o.W, o.H)))
	x1, y1 := x0+ux*length, y0+uy*length
	o.ras.Resize(o.W, o.H)
	o.ras.Line(x0, y0, x1, y1, col)
	if o.Mode != ASCII {
		barb := math.Min(4.6, length/2) // dots
		for _, turn := range [...]float64{math.Pi * 0.83, -math.Pi * 0.83} {
			sin, cos := math.Sincos(turn)
			o.ras.Line(x1, y1, x1+barb*(ux*cos-uy*sin), y1+barb*(ux*sin+uy*cos), col)
		}
	}
	o.flush(Bold)
	if o.Mode == ASCII && x1 >= 0 && x1 < float64(2*o.W) && y1 >= 0 && y1 < float64(4*o.H) {
		turn := int(math.Round(math.Atan2(-uy, ux)/(math.Pi/4))+8) % 8
		cell := o.C.At(o.OX+int(x1)/2, o.OY+int(y1)/4)
		cell.R, cell.FG, cell.A = rune(">/^\\</v\\"[turn]), col, Bold
	}
	return true
}
