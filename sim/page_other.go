//go:build !unix

package sim

import "errors"

var errNoProcesses = errors.New("workers in processes of their own need a Unix; use workers.host=goroutine")

func monotonic() int64 { return 0 }

func mapPage[T any](string) (page *T, unmap func() error, err error) { return nil, nil, errNoProcesses }
