package safety

// meaning is what people have to know of an assertion that its message does not say.
type meaning struct {
	means string
	disk  bool // it reports an error of the disk, and says no more: see Assertion.Disk
}

// meanings are those of the messages of [Assertions], read from the source of nats-server.
var meanings = map[string]meaning{
	"Filestore encountered read error": {
		"What the store of a stream or of a Raft log reads back is not what it had written: a record or block that is damaged or cut short, or a cache that is incomplete (isReadErr). The store goes on writing.", true},
	"Filestore encountered write error": {
		"The store of a stream or of a Raft log could not write. It takes no more writes until the server starts again.", true},
	"Filestore msg block encountered read error": {
		"The same as for the filestore, met while a message was added to a block.", true},
	"Filestore msg block encountered write error": {
		"A message could not be added to a block. The block takes no more writes.", true},
	"Filestore msg block encountered flush error": {
		"A block could not be written to its file. The block takes no more writes, and its state is read again from what the file holds.", true},
	"Filestore msg block encountered sync error": {
		"With sync: always, a block that was written could not be synced. The block takes no more writes.", true},
	"Filestore EncodedStreamState size accounting mismatch": {
		"The state of a stream in a file is longer or shorter, encoded, than the server has computed. A replica that catches up from it may misread it.", false},
	"Meta group encountered write error": {
		"The server could not store what the meta group had decided. It gives up the meta leadership, and only observes from now on.", true},
	"Stream snapshot flush failed": {
		"Before a snapshot of a replicated stream, its messages could not be written. The Raft group of the stream stops on this server.", true},
	"Reset clustered state": {
		"A replica of a stream could not apply what its group had decided: its last or first sequence does not fit, or it could not catch up. It removes its Raft state and perhaps its messages, and fetches the stream again from the leader.", false},
	"Consumer encountered write error": {
		"The state of a consumer could not be stored. This replica gives up the leadership, and only observes from now on.", true},
	"Memstore EncodedStreamState size accounting mismatch": {
		"The same as for the filestore, of a stream in memory.", false},
	"Raft response term mismatch": {
		"A follower has confirmed an entry in a term that the leader does not know yet. Each confirmation that is late is looked at.", false},
	"WAL truncate lost commits": {
		"A server cuts its Raft log before an entry that it had taken for committed: a leader of a newer term does not have that entry. What is cut was perhaps acknowledged to a publisher.", false},
	"Two leaders using the same term": {
		"A leader gets an entry of another leader of its own term. In one term there may be one leader only: two can commit different entries at one index.", false},
	"Truncate to earlier entry would lose commits": {
		"A leader has another entry at an index that this server had taken for committed. The server keeps its own entry: from here on the two logs differ.", false},
	"Raft encountered write error": {
		"The Raft log, or the term and vote, of a group could not be written. The group stops on this server until it starts again; without space, JetStream is disabled.", true},
	"Stream encountered write error": {
		"A message that its group had decided on could not be stored. This replica gives up the leadership, and only observes from now on.", true},
}
