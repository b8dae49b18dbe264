package guest

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// sumSuffix ends the name of the file beside a guest in the cache that has its checksum.
const sumSuffix = ".crc"

// put gives a program its place in the cache, and writes its checksum beside it, which is there first.
func put(program, path string) error {
	sum, err := sumOf(program)
	if err == nil {
		err = os.WriteFile(path+sumSuffix, []byte(sum), 0o666)
	}
	if err == nil {
		err = os.Rename(program, path)
	}
	if err != nil {
		return fmt.Errorf("keep the guest: %w", errors.Join(err, os.Remove(program)))
	}
	return nil
}

// intact reports whether a guest is in the cache as it was put there. One that is damaged, or has no checksum, is made again.
func intact(path string) bool {
	wanted, err := os.ReadFile(path + sumSuffix)
	if err != nil {
		return false
	}
	sum, err := sumOf(path)
	return err == nil && sum == string(wanted)
}

// sumOf is a checksum of a file, with its length: against damage, not against malice. It takes 10 ms.
func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(sum, file)
	return fmt.Sprintf("%08x %d\n", sum.Sum32(), n), errors.Join(err, file.Close())
}
