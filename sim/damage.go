package sim

import (
	"fmt"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// damagedFiles are the patterns of the files of each kind, below a server's store (nats-server filestore.go, raft.go): those of
// streams and consumers are in the folder of their account, those of Raft groups in that of the system account.
var damagedFiles = map[string][]string{
	scenarios.FileBlock: {"jetstream/*/streams/*/msgs/*.blk"},
	// The indexes of all messages, of those with a TTL, and of those with a schedule; a Raft log is a store as a stream is.
	scenarios.FileIndex:    {"jetstream/*/streams/*/msgs/*.db", "jetstream/*/_js_/*/msgs/*.db"},
	scenarios.FileConsumer: {"jetstream/*/streams/*/obs/*/o.dat"},
	scenarios.FileMeta: {
		"jetstream/*/streams/*/meta.*", "jetstream/*/streams/*/obs/*/meta.*", "jetstream/*/_js_/*/meta.*",
	},
	scenarios.FileRaftLog:  {"jetstream/*/_js_/*/msgs/*.blk"},
	scenarios.FileSnapshot: {"jetstream/*/_js_/*/snapshots/*"},
	scenarios.FileState:    {"jetstream/*/_js_/*/tav.idx", "jetstream/*/_js_/*/peers.idx"},
}

// damageSalt parts what a fault's damage draws from what its loss of power draws.
const damageSalt = 0x64616d616765

// damage does to the disk of a server that has just ended what the plan says, and writes down what became of which file.
func (n *nemesis) damage(p *scenarios.FaultPlan, server string) {
	if p.Damage == nil {
		return
	}
	run := n.run
	ps := run.processes()
	e := history.Event{Kind: history.Damage, Fault: int32(p.ID), Do: p.Damage.Do, Target: server}
	var d disk.Damage
	err := ps.disk.Do(func(s *disk.System) (err error) {
		seed := run.site.plan.Seed ^ uint64(p.ID)<<32 ^ damageSalt
		d, err = s.Damage(onDisk(ps.node(server).store), damagedFiles[p.Damage.File], p.Damage.Do, seed)
		return err
	})
	if err != nil {
		run.fail(fmt.Errorf("damage the disk of server %s: %w", server, err))
		return
	}
	e.Outcome, e.Key, e.Base, e.Count, e.Reason = history.OK, d.Path, uint64(d.Offset), d.Bytes, damageText(d, p.Damage.Do)
	if d.Path == "" {
		e.Outcome, e.Reason = history.Ignored, fmt.Sprintf("nothing to damage: there is no %s file with anything in it", p.Damage.File)
	}
	run.site.rec.write(n.log, &e)
}

// damageText tells of a damage in words.
func damageText(d disk.Damage, do string) string {
	what := fmt.Sprintf("bit %d of byte %d", d.Bit, d.Offset)
	if do == scenarios.DamageTruncate {
		what = fmt.Sprintf("the last %d bytes", d.Bytes)
	}
	return fmt.Sprintf("%s of %s, which had %d", what, d.Path, d.Size)
}
