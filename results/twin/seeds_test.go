//go:build !prove

package twin

// seeds are the scenarios that are drawn: few and short ones in which most kinds of events, faults, settings and metrics occur.
func seeds() []uint64 {
	return []uint64{44, 53, 79, 80, 94, 105, 117, 121, 167, 188, 208, 209, 215, 265, 275, 289}
}
