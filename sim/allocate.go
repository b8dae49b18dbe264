package sim

import "os"

// writeZeros makes a file longer the slow way, on a disk that gives no room beforehand.
func writeZeros(file *os.File, from, to int64) error {
	zeros := make([]byte, min(to-from, 1<<20))
	for ; from < to; from += int64(len(zeros)) {
		if _, err := file.WriteAt(zeros[:min(to-from, int64(len(zeros)))], from); err != nil {
			return err
		}
	}
	return nil
}
