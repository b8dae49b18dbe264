//go:build pindropguest

package main

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"pindrop/sim"
	"pindrop/sim/disk"
	"pindrop/sim/memnet"
)

// run gives the standard library its files and its network, and itself a limit of memory. What package net and package syscall
// have here under the name of pindrop is in the patches of package sim/guest.
func run() int {
	limit := syscall.Rlimit{Cur: sim.GuestMemoryMax, Max: sim.GuestMemoryMax}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		fmt.Fprintln(os.Stderr, "limit the guest's memory:", err)
		return 1
	}
	files := disk.NewFiles()
	syscall.PindropFiles = files
	net.PindropListen, net.PindropDial = memnet.Listen, memnet.Dial
	return sim.Inside(files, os.Stdin, os.Stdout, os.Stderr)
}
