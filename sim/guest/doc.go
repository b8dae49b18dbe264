// Package guest makes the guest: a program that runs pindrop's simulation so that a run is a function of its seed.
//
// A guest (cmd/pindrop-guest) is a process of the machine's own architecture, with the same nats-server and nats.go as
// pindrop itself, and a standard library in which a few functions are other ones (patch.go): one thread, which nobody
// interrupts; a clock outside of the simulation that counts how often it is looked at; a random source that is drawn from the
// seed, also the one inside the runtime; a network and a disk in memory (packages memnet and disk). It is built once, with the
// Go toolchain's -overlay (build.go), or carried in the binary (carried.go). What is inside talks to package sim, not to this
// one.
package guest
