package memnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// world is a network: this one, or the machine's.
type world struct {
	listen func(ctx context.Context, network, address string) (net.Listener, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

var worlds = map[string]world{
	"in memory": {Listen, Dial},
	"loopback":  {new(net.ListenConfig).Listen, new(net.Dialer).DialContext},
}

// connected are the two ends of a connection.
func (w world) connected(t *testing.T) (dialed, accepted net.Conn) {
	t.Helper()
	l, err := w.listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if dialed, err = w.dial(t.Context(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if accepted, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return dialed, accepted
}

// told is what an error says, as far as whoever uses a connection looks at it.
func told(err error) string {
	for _, known := range []error{
		nil, io.EOF, net.ErrClosed, os.ErrDeadlineExceeded, syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EADDRINUSE,
	} {
		if errors.Is(err, known) {
			return fmt.Sprint(known)
		}
	}
	return err.Error()
}

// What programs do with connections comes out in memory as it does on loopback.
func TestAsLoopback(t *testing.T) {
	some, buf := []byte("some bytes"), make([]byte, 100)
	read := func(c net.Conn) string {
		n, err := c.Read(buf)
		return fmt.Sprintf("%q %s", buf[:n], told(err))
	}
	all := func(c net.Conn) string {
		b, err := io.ReadAll(c)
		return fmt.Sprintf("%q %s", b, told(err))
	}
	write := func(c net.Conn) string {
		n, err := c.Write(some)
		return fmt.Sprintf("%d %s", n, told(err))
	}
	// Loopback takes a moment to tell the other end.
	until := func(wanted string, do func() string) string {
		got := ""
		for range 1000 {
			if got = do(); got == wanted {
				break
			}
			time.Sleep(time.Millisecond)
		}
		return got
	}
	for name, do := range map[string]func(t *testing.T, a, b net.Conn) []string{
		"there and back": func(_ *testing.T, a, b net.Conn) []string {
			return []string{write(a), read(b), write(b), read(a)}
		},
		"closed at the other end": func(_ *testing.T, a, b net.Conn) []string {
			return []string{write(a), told(a.Close()), all(b), read(b)}
		},
		"closed here": func(_ *testing.T, a, _ net.Conn) []string {
			return []string{told(a.Close()), read(a), write(a), told(a.Close())}
		},
		"written to one that is closed": func(_ *testing.T, a, b net.Conn) []string {
			b.Close()
			return []string{until("0 broken pipe", func() string { return write(a) })}
		},
		"closed with something unread": func(_ *testing.T, a, b net.Conn) []string {
			return []string{write(a), told(b.Close()), until(`"" connection reset by peer`, func() string { return read(a) })}
		},
		"reset": func(_ *testing.T, a, b net.Conn) []string {
			write(a)
			_ = a.(interface{ SetLinger(int) error }).SetLinger(0)
			a.Close()
			return []string{until(`"" connection reset by peer`, func() string { return read(b) })}
		},
		"late": func(_ *testing.T, a, _ net.Conn) []string {
			_ = a.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
			late := read(a)
			_ = a.SetReadDeadline(time.Now().Add(-time.Second))
			again := read(a)
			_ = a.SetWriteDeadline(time.Now().Add(-time.Second))
			return []string{late, again, write(a)}
		},
		"a deadline taken back": func(_ *testing.T, a, b net.Conn) []string {
			_ = a.SetDeadline(time.Now().Add(-time.Second))
			_ = a.SetDeadline(time.Time{})
			return []string{write(a), read(b)}
		},
		"a deadline that is set meanwhile": func(_ *testing.T, a, _ net.Conn) []string {
			go func() {
				time.Sleep(2 * time.Millisecond)
				_ = a.SetReadDeadline(time.Now())
			}()
			return []string{read(a)}
		},
		"nothing": func(_ *testing.T, a, _ net.Conn) []string {
			n, err := a.Write(nil)
			m, readErr := a.Read(nil)
			return []string{fmt.Sprint(n, told(err), m, told(readErr))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for where, w := range worlds {
				a, b := w.connected(t)
				got[where] = strings.Join(do(t, a, b), "\n")
				a.Close()
				b.Close()
			}
			if got["in memory"] != got["loopback"] {
				t.Errorf("in memory:\n%s\non loopback:\n%s", got["in memory"], got["loopback"])
			}
		})
	}
}

// Ports are taken, refuse where nobody listens, and are free again, as on loopback.
func TestPorts(t *testing.T) {
	got := map[string]string{}
	for where, w := range worlds {
		l, err := w.listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := l.Addr().String()
		_, taken := w.listen(t.Context(), "tcp", at)
		waiting, dialed := w.dial(t.Context(), "tcp", at)
		closed := l.Close()
		_, accepted := l.Accept()
		_, refused := w.dial(t.Context(), "tcp", at)
		_, lost := waiting.Read(make([]byte, 1))
		_, bad := w.dial(t.Context(), "tcp", "127.0.0.1:x")
		again, freed := w.listen(t.Context(), "tcp", at)
		if freed == nil {
			again.Close()
		}
		got[where] = fmt.Sprintln(told(taken), told(dialed), told(closed), told(accepted), told(refused), told(lost), bad != nil, told(freed))
	}
	if got["in memory"] != got["loopback"] {
		t.Errorf("in memory: %s\non loopback: %s", got["in memory"], got["loopback"])
	}
}

// Everything arrives once and in order, whatever the sizes of what is written and read, also where the writer has to wait.
func TestStream(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			sent := make([]byte, random.IntN(bufferMax+bufferMax/4))
			for i := range sent {
				sent[i] = byte(random.Uint32())
			}
			a, b := world{Listen, Dial}.connected(t)
			largest := 256 << random.IntN(14)
			go func() {
				defer a.Close()
				for rest := sent; len(rest) > 0; {
					n := min(len(rest), 1+random.IntN(largest))
					if _, err := a.Write(rest[:n]); err != nil {
						t.Error(err)
						return
					}
					rest = rest[n:]
				}
			}()
			var got bytes.Buffer
			for reads, buf := rand.New(rand.NewPCG(seed, 1)), make([]byte, largest); ; {
				n, err := b.Read(buf[:1+reads.IntN(largest)])
				got.Write(buf[:n])
				if err != nil {
					if err != io.EOF {
						t.Error(err)
					}
					break
				}
			}
			if !bytes.Equal(got.Bytes(), sent) {
				t.Errorf("seed %d: of %d bytes %d arrived, or others", seed, len(sent), got.Len())
			}
			b.Close()
		})
	}
}

// A writer waits when as much is under way as two sockets hold, until somebody reads, or its deadline. On the virtual clock
// that takes just as long as it says.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := world{Listen, Dial}.connected(t)
		if n, err := a.Write(make([]byte, bufferMax)); n != bufferMax || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		began := time.Now()
		_ = a.SetWriteDeadline(began.Add(10 * time.Second))
		n, err := a.Write(make([]byte, 10))
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 10*time.Second {
			t.Errorf("%d bytes, %v, after %v", n, err, time.Since(began))
		}
		_ = a.SetWriteDeadline(time.Time{})
		go func() {
			time.Sleep(time.Minute)
			_, _ = io.ReadFull(b, make([]byte, 7))
		}()
		began = time.Now()
		if n, err := a.Write(make([]byte, 7)); n != 7 || err != nil || time.Since(began) != time.Minute {
			t.Errorf("%d bytes, %v, after %v", n, err, time.Since(began))
		}
		a.Close()
		b.Close()
	})
}
