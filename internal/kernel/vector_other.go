//go:build !amd64

package kernel

// The functions here would choose assembly.

func convertAssembled[To, From Float](to []To, from []From) (done int) { return 0 }
func mulAssembled[T Float](x, y []T) bool                              { return false }
func expAssembled[T Float](x []T) bool                                 { return false }
func tanhAssembled[T Float](x, slope []T) bool                         { return false }
func reluAssembled[T Float](x, slope []T) bool                         { return false }
