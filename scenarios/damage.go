package scenarios

import (
	"slices"
	"strings"
)

// Damage is what a disk does to one file of a server that is down, before it starts again.
type Damage struct {
	// What becomes of the file: one bit is another one, or the file is shorter.
	Do string `json:"do" enum:"bit_flip|truncate"`
	// Which kind of file; of those that there are the seed draws one, and where in it.
	File string `json:"file" enum:"block|index|consumer|meta|raft_log|snapshot|state"`
}

// The kinds of damage.
const (
	DamageFlip     = "bit_flip"
	DamageTruncate = "truncate"
)

// The kinds of files that JetStream keeps.
const (
	FileBlock    = "block"    // of a stream: its messages
	FileIndex    = "index"    // of a stream or a Raft log: what the server knows of its blocks
	FileConsumer = "consumer" // of a consumer: what it has delivered, and what was acked
	FileMeta     = "meta"     // of a stream, a consumer or a Raft log: its configuration, and that one's checksum
	FileRaftLog  = "raft_log" // of a Raft group: its entries
	FileSnapshot = "snapshot" // of a Raft group
	FileState    = "state"    // of a Raft group: its term and vote, and its peers
)

// damaging are the faults that may come with damage: after them the server is down at once, and what it reads next is what
// its disk has then. One that is in lame duck mode still writes.
var damaging = []string{DoKillServer, DoRestartServer, DoPowerLoss}

// ofRaft are the files that only clusters have.
var ofRaft = []string{FileRaftLog, FileSnapshot, FileState}

// BreaksDisks says which of the faults is done to a disk, in a phrase; "" where none is.
func (s *Scenario) BreaksDisks() string {
	for _, f := range s.Faults {
		switch {
		case f.Do.has(DoPowerLoss):
			return "power_loss takes the power from a disk"
		case f.Do.has(DoDiskFull):
			return "disk_full fills a disk"
		case f.Do.has(DoIOError):
			return "io_error breaks a disk"
		case f.Damage != nil:
			return "damage is done to a disk"
		}
	}
	return ""
}

// checkDamage checks what a fault is to do to a file.
func (c *checker) checkDamage(f *Fault, path string) {
	d := f.Damage
	if d == nil {
		return
	}
	path += ".damage"
	clock, _ := c.ResolveClock()
	switch {
	case f.Do.some(func(k faultKind) bool { return !slices.Contains(damaging, k.do) }):
		c.errorf(path, "damage goes with do: kill_server, restart_server or power_loss, not with %s", strings.Join(f.Do, ", "))
	case d.Do == "":
		c.errorf(path, "damage needs do: bit_flip or truncate")
	case d.File == "":
		c.errorf(path, "damage needs file: one of block, index, consumer, meta, raft_log, snapshot, state")
	case c.Server.Mode == ServerExternal:
	case clock != ClockVirtual:
		c.errorf(path, "damage needs the virtual clock, and clock is %s: only inside a guest is the disk pindrop's", clock)
	case c.Server.Nodes == 1 && slices.Contains(ofRaft, d.File):
		c.errorf(path+".file", "file: %s needs server.nodes: 3 or 5; a single server has no Raft groups", d.File)
	}
}
