package disk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// What a file system can be told, see [Order].
const (
	DoKeep = "keep" // see [System.Keep]
	DoLose = "lose" // see [System.Lose]
	DoTick = "tick" // see [System.Tick]
	// Besides them [DoFlip] and [DoCut], see [System.Damage].
)

// Order is what whoever uses the file system, and does not hold it, tells it: one that is inside a guest writes it, as JSON, to
// a file that stands for the file system itself.
type Order struct {
	Do   string `json:"do"`
	From string `json:"from,omitempty"` // a path of the file system
	To   string `json:"to,omitempty"`
	Seed uint64 `json:"seed,omitempty"`

	Files []string `json:"files,omitempty"` // of damage: patterns, see [System.Damage]
}

// Answer is what can be read from that file then.
type Answer struct {
	Loss   Loss   `json:"loss"`   // of a [DoLose]
	Damage Damage `json:"damage"` // of a [DoFlip] or [DoCut]
	Error  string `json:"error,omitempty"`
}

// Obey does what an order says that was written, and returns what to answer.
func (s *System) Obey(written []byte) (answered []byte, err error) {
	var o Order
	var a Answer
	if err := json.Unmarshal(written, &o); err != nil {
		return nil, fmt.Errorf("read what to do with the disk: %w", err)
	}
	switch o.Do {
	case DoKeep:
		err = s.Keep(o.From, o.To)
	case DoLose:
		a.Loss, err = s.Lose(o.From, o.To, o.Seed)
	case DoTick:
		s.Tick()
	case DoFlip, DoCut:
		a.Damage, err = s.Damage(o.From, o.Files, o.Do, o.Seed)
	default:
		err = fmt.Errorf("a disk cannot %s", o.Do)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return json.Marshal(a)
}

// Tell tells the file system, behind the file that stands for it, what to do.
func Tell(control string, o Order) (a Answer, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("tell the disk to %s: %w", o.Do, err)
		}
	}()
	order, err := json.Marshal(o)
	if err != nil {
		return a, err
	}
	f, err := os.OpenFile(control, os.O_RDWR, 0)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(order); err != nil {
		return a, err
	}
	var answered bytes.Buffer
	if _, err := answered.ReadFrom(f); err != nil {
		return a, err
	}
	if err := json.Unmarshal(answered.Bytes(), &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}
