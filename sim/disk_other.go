//go:build !unix

package sim

// freeDisk is not known here.
func freeDisk(string) (bytes uint64, ok bool) { return 0, false }
