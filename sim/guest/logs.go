package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// logs are those that the guest keeps in its memory while it runs. It writes them to files itself when its run has come to
// its end; where that does not happen, the host does it, whatever ended the guest.
type logs struct {
	mu     sync.Mutex
	memory api.Memory // of the guest; nil before it has a log
	places map[string]place
}

// place is where in the guest's memory a log is.
type place struct{ at, size uint32 }

// offer gives the guest the function that tells where its logs are: pindrop.log(name, name's length, address, size).
func (l *logs) offer(ctx context.Context, r wazero.Runtime) error {
	l.places = map[string]place{}
	_, err := r.NewHostModuleBuilder("pindrop").NewFunctionBuilder().WithFunc(l.told).Export("log").Instantiate(ctx)
	if err != nil {
		return fmt.Errorf("start the guest: %w", err)
	}
	return nil
}

func (l *logs) told(_ context.Context, m api.Module, name, length, at, size uint32) {
	text, ok := m.Memory().Read(name, length)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory = m.Memory()
	if size == 0 {
		delete(l.places, string(text))
		return
	}
	l.places[string(text)] = place{at, size}
}

// save writes what is in the guest's memory to the files that the guest has not written. The guest may run on meanwhile: what
// it writes then may be there or not, and a record that is half there counts as none.
func (l *logs) save(dir string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []error
	for name, p := range l.places {
		buf, ok := l.memory.Read(p.at, p.size)
		if !ok {
			all = append(all, fmt.Errorf("read the log %s out of the guest's memory: it is not where the guest says", name))
			continue
		}
		all = append(all, os.WriteFile(filepath.Join(dir, filepath.Base(name)), buf, 0o666))
	}
	l.places = nil
	return errors.Join(all...)
}
