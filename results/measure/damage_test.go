package measure_test

import "testing"

// What became of a file is told of the fault that it came with.
func TestDamageIsOfItsFault(t *testing.T) {
	f := measured(t, plain, `0 runner phase phase=disturb
		10 nemesis fault fault=1 do=kill_server target=n1; 10 nemesis damage fault=1 do=bit_flip target=n1 key=msgs/1.blk outcome=ok reason=bit_3
		20 nemesis heal fault=1 do=kill_server target=n1
		30 nemesis fault fault=2 do=kill_server target=n1; 40 nemesis heal fault=2 do=kill_server target=n1
		60 runner phase phase=end reason=drained`)
	if len(f.Faults) != 2 || f.Faults[0].Damage != "bit_flip: bit_3" || f.Faults[1].Damage != "" {
		t.Errorf("faults are %+v", f.Faults)
	}
}
