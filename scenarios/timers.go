package scenarios

import (
	"math/rand/v2"
	"time"
)

// Whether a worker's timers are late on the virtual clock, as they are on a machine.
const (
	TimersExact = "exact"
	TimersLate  = "late"
)

// Handlers that end on the nanosecond stay in step for ever: those that began together end together, their acks free
// their places together, and the next ones begin together. How busy a worker is, in which order messages begin, and how
// long they queue are then numbers of the clock, not of the system. Two things set handlers apart on a machine. Timers fire
// when their process wakes, which Go's poller lets it do after whole milliseconds (runtime/netpoll_epoll.go, waitms), or
// earlier for something else; all that are due by then fire together. And a goroutine runs a moment after its go statement,
// the last of several mostly first.
//
// Both were measured on Linux 6.18 with Go 1.26.8, on 2 CPUs of an Intel Xeon that other work kept busy in part. 1,800
// handlers of 10 ms, up to 10 of them at once, in a worker that is a process, ended late by these times; what lies above
// them tells of a machine that stalled:
//
//	share   0.05   0.1    0.25    0.5     0.75    0.9
//	late    27 µs  72 µs  264 µs  591 µs  948 µs  1,102 µs
//
// One wake in each millisecond, anywhere in it, gives 50, 100, 253, 523, 835 and 1,157 µs.
const wakeEvery = time.Millisecond

// LateMean is how late a timer is on average: with gaps g between wakes, half of E(g²)/E(g), which is 7/12 of wakeEvery.
const LateMean = wakeEvery * 7 / 12

// Wake is the first instant from at on at which a process wakes. Like everything that is drawn it is a function of the seed.
func Wake(seed uint64, at int64) int64 {
	for k := at / int64(wakeEvery); ; k++ {
		within := mix(mix(seed+golden)+golden*uint64(k)) % uint64(wakeEvery)
		if wake := k*int64(wakeEvery) + int64(within); wake >= at {
			return wake
		}
	}
}

// goroutineLate is how long after its go statement a goroutine ran: 3,000 of them, ten at a time.
var goroutineLate = []Quantile{
	{0, micro(0)}, {0.05, micro(1)}, {0.1, micro(2)}, {0.25, micro(4)}, {0.5, micro(6)}, {0.75, micro(7)}, {0.9, micro(11)},
	{0.95, micro(16)}, {0.99, micro(22)}, {1, micro(63)},
}

func micro(us int64) Duration { return Duration(us) * Duration(time.Microsecond) }

// Scheduled draws how long after its go statement the handler of one delivery of one message runs. It takes nothing from
// what [Draw] draws.
func Scheduled(seed, seq uint64, delivery uint32) time.Duration {
	s := mix(mix(mix(seed+golden)) + golden*seq)
	return interpolate(goroutineLate, rand.New(rand.NewPCG(s, mix(s+golden*uint64(delivery)))).Float64())
}
