//go:build !amd64

package kernel

func (*SGD) vectors(_, _ []float64) int { return 0 }

func (*Momentum) vectors(_, _, _ []float64) int { return 0 }

func (*Nesterov) vectors(_, _, _ []float64) int { return 0 }

func (*LookAhead) vectors(_, _, _ []float64) int { return 0 }

func (*AdaGrad) vectors(_, _, _ []float64) int { return 0 }

func (*RMSProp) vectors(_, _, _ []float64) int { return 0 }

func (*AdaDelta) vectors(_, _, _, _, _ []float64) int { return 0 }

func (*Adam) vectors(_, _, _, _ []float64) int { return 0 }

func (*AMSGrad) vectors(_, _, _, _, _ []float64) int { return 0 }

func (*NAdam) vectors(_, _, _, _ []float64) int { return 0 }

func (*RAdam) vectors(_, _, _, _ []float64) int { return 0 }

func (*AdaMax) vectors(_, _, _, _ []float64) int { return 0 }

func (*Lion) vectors(_, _, _ []float64) int { return 0 }
