package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// bufferMax is how many bytes one way of a connection holds before whoever writes waits: about what the buffers of both
// sockets grow to on Linux's loopback (tcp_wmem and tcp_rmem).
const bufferMax = 4 << 20

// conn is one end of a connection.
type conn struct {
	local, remote *net.TCPAddr
	in, out       *stream
	resets        atomic.Bool // Close is an RST
}

// pair makes the two ends of a connection.
func pair(from, to *net.TCPAddr) (dialed, accepted *conn) {
	a, b := newStream(), newStream()
	return &conn{local: from, remote: to, in: a, out: b}, &conn{local: to, remote: from, in: b, out: a}
}

// failed is an error as package net has it.
func (c *conn) failed(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.failed("read", err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, c.failed("write", err)
}

// Close ends both ways: what was written is still read at the other end, what was not yet read at this one is gone. Where there
// was such, the other end is told with a reset, as the kernel does it.
func (c *conn) Close() error {
	unread, first := c.in.leave()
	if !first {
		return c.failed("close", net.ErrClosed)
	}
	c.out.finish(unread || c.resets.Load())
	return nil
}

// reset is Close with an RST.
func (c *conn) reset() {
	c.resets.Store(true)
	c.Close()
}

// SetLinger is that of [net.TCPConn] as far as 0 goes: then Close resets the connection, and what is under way is gone.
func (c *conn) SetLinger(seconds int) error {
	c.resets.Store(seconds == 0)
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.setReads(t)
	c.out.setWrites(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.setReads(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.setWrites(t)
	return nil
}

// stream is one way of a connection.
type stream struct {
	mu     sync.Mutex
	change sync.Cond // something below has changed

	buf []byte
	at  int // of buf: what has been read

	left bool  // the reader has closed its end
	end  error // what the reader is told behind the last byte; nil: the writer has not closed its end

	readBy, writeBy time.Time // zero: there is no deadline
}

func newStream() *stream {
	s := &stream{}
	s.change.L = &s.mu
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.left:
			return 0, net.ErrClosed
		case passed(s.readBy):
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case s.at < len(s.buf):
			n := copy(b, s.buf[s.at:])
			full := s.full()
			if s.at += n; s.at == len(s.buf) {
				s.buf, s.at = s.buf[:0], 0
			}
			if full {
				s.change.Broadcast()
			}
			return n, nil
		case s.end != nil:
			return 0, s.end
		}
		s.wait(s.readBy)
	}
}

func (s *stream) write(b []byte) (done int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.end != nil:
			return done, net.ErrClosed
		case s.left:
			return done, syscall.EPIPE
		case passed(s.writeBy):
			return done, os.ErrDeadlineExceeded
		case done == len(b):
			return done, nil
		case !s.full():
			n := min(len(b)-done, bufferMax-(len(s.buf)-s.at))
			s.put(b[done : done+n])
			done += n
			s.change.Broadcast()
			continue
		}
		s.wait(s.writeBy)
	}
}

// put appends to the buffer, in the room before what is unread where that is large.
func (s *stream) put(b []byte) {
	if s.at > 0 && len(s.buf)+len(b) > cap(s.buf) && s.at >= len(s.buf)-s.at {
		s.buf, s.at = s.buf[:copy(s.buf, s.buf[s.at:])], 0
	}
	s.buf = append(s.buf, b...)
}

func (s *stream) full() bool { return len(s.buf)-s.at >= bufferMax }

// leave ends the reading; what nobody has read is gone. It reports whether there was such, and whether it was the first call.
func (s *stream) leave() (unread, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return false, false
	}
	unread = s.at < len(s.buf)
	s.left, s.buf, s.at = true, nil, 0
	s.change.Broadcast()
	return unread, true
}

// finish ends the writing; with a reset, what is under way is gone and the reader is told so.
func (s *stream) finish(reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end = io.EOF
	if reset {
		s.end, s.buf, s.at = syscall.ECONNRESET, nil, 0
	}
	s.change.Broadcast()
}

func (s *stream) setReads(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readBy = t
	s.change.Broadcast()
}

func (s *stream) setWrites(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeBy = t
	s.change.Broadcast()
}

// passed reports whether a deadline is over.
func passed(t time.Time) bool { return !t.IsZero() && time.Until(t) <= 0 }

// wait waits until something changes, or a deadline. The lock is held.
func (s *stream) wait(by time.Time) {
	if by.IsZero() {
		s.change.Wait()
		return
	}
	timer := time.AfterFunc(time.Until(by), func() {
		s.mu.Lock() // not before Wait has given it up, or the call would come too early
		defer s.mu.Unlock()
		s.change.Broadcast()
	})
	s.change.Wait()
	timer.Stop()
}
