//go:build prove

package twin

// seeds are the scenarios that are drawn.
func seeds() (all []uint64) {
	for seed := range uint64(300) {
		all = append(all, seed)
	}
	return all
}
