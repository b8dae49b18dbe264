package safety

// report is what an assertion says of a disk.
type report int

const (
	noReport   report = iota // nothing: it is about what servers have agreed on
	ioError                  // a call to the disk failed
	corruption               // what is read is not what was written
)

// meaning is what people have to know of an assertion that its message does not say.
type meaning struct {
	means string
	of    report
}

// meanings are those of the messages of [Assertions], read from the source of nats-server 2.15.2.
var meanings = map[string]meaning{
	"Filestore encountered read error": {
		"What the store of a stream or of a Raft log reads back does not decode (isReadErr): a record or block that is damaged or cut short. The operation fails; the store goes on writing.", corruption},
	"Filestore encountered write error": {
		"A call to the disk failed: a write, a background sync, or a read with an I/O error. The store takes no more changes until the server starts again.", ioError},
	"Filestore msg block encountered read error": {
		"A block could not be loaded, so as to append to it, since it does not decode. The store's read error follows.", corruption},
	"Filestore msg block encountered write error": {
		"A block could not be opened, or read with an I/O error, so as to append to it. The block takes no more writes.", ioError},
	"Filestore msg block encountered flush error": {
		"A block could not be written to its file. What waited in memory is gone from this replica, and the block takes no more writes.", ioError},
	"Filestore msg block encountered sync error": {
		"With sync_interval: always, a block that was written could not be synced. The block takes no more writes.", ioError},
	"Filestore EncodedStreamState size accounting mismatch": {
		"The state of a stream is longer or shorter, encoded, than the server has computed. Nothing follows at once; a replica that catches up from it might misread it.", noReport},
	"Meta group encountered write error": {
		"No write, for all its name: the server cannot apply what the meta group has decided, since it does not decode. It only observes the meta group, and creates and removes nothing, until it starts again.", noReport},
	"Stream snapshot flush failed": {
		"Before a Raft snapshot of a stream, its messages could not be written. The Raft group of the stream stops on this server.", ioError},
	"Reset clustered state": {
		"A replica of a stream cannot apply what its group has decided: the next sequence does not follow, the snapshot does not decode, or it could not catch up and has no readable snapshot. It gives up its Raft log and fetches from the leader what it lacks; messages stay.", noReport},
	"Consumer encountered write error": {
		"No write, for all its name: a replica of a consumer cannot apply what its group has decided. It only observes, and its state grows old, until the server starts again.", noReport},
	"Memstore EncodedStreamState size accounting mismatch": {
		"The same as for the filestore, of a stream in memory.", noReport},
	"Raft response term mismatch": {
		"A follower has confirmed an entry in a term that the leader does not know yet. The condition is looked at for each confirmation of what is committed already; only where it does not hold is something wrong.", noReport},
	"WAL truncate lost commits": {
		"A replica cuts its Raft log before an entry that it had taken for committed. The cut is its own: where a quorum has the entries it catches up. Where the others had lost them too, what is cut is given up, though it may have been acknowledged.", noReport},
	"Two leaders using the same term": {
		"A leader gets an entry of another leader of its own term, and steps down. In one term there may be one leader only: two can commit different entries at one index.", noReport},
	"Truncate to earlier entry would lose commits": {
		"The leader has another entry at an index that this replica had taken for committed. The replica refuses to follow, again and again: it keeps what the leader lacks, and the two logs differ.", noReport},
	"Raft encountered write error": {
		"The log, the term or the vote of a Raft group could not be written. The group stops on this server; without space or permission, JetStream is disabled on it.", ioError},
	"Stream encountered write error": {
		"A message that its group had decided on could not be stored. This replica gives up the leadership, and only observes until the server starts again.", ioError},
}
