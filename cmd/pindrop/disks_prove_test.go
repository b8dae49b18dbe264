//go:build prove && linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// small mounts a file system of a size in KiB, which the test unmounts; it needs to be root.
func small(t *testing.T, kind string, kib int) string {
	t.Helper()
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	steps := [][]string{{"mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", kib), "tmpfs", dir}}
	if kind == "ext4" {
		steps = [][]string{{"truncate", "-s", fmt.Sprintf("%dK", kib), image}, {"mkfs.ext4", "-q", image}, {"mount", "-o", "loop", image, dir}}
	}
	for _, step := range steps {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(step, " "), err, out)
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v\n%s", dir, err, out)
		}
	})
	return dir
}

// A disk that is full, or becomes full, ends every command with 74, or it does not matter; nothing crashes, and what a run recorded can
// be told.
func TestFullDisks(t *testing.T) {
	scenario := filepath.Join(t.TempDir(), "fill.yaml")
	text := "name: fill\npublishers: [{rate: 3000/s, size: 100}]\nworkers: [{name: w, count: 2, batch: 100, service: 10us}]\nphases: {disturb: 3s, drain: 5s}\n"
	if err := os.WriteFile(scenario, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	ends := map[int]int{}
	for _, kind := range []string{"tmpfs", "ext4"} {
		for _, kib := range []int{400, 1_000, 2_000, 4_000, 8_000} {
			for _, command := range []string{"run --clock virtual", "run --clock real", "run --clock real --set workers.w.host=process", "sweep --vary consumer.max_ack_pending=10,100"} {
				t.Run(fmt.Sprintf("%s of %d KiB, %s", kind, kib, command), func(t *testing.T) {
					dir := small(t, kind, kib)
					out := filepath.Join(dir, "results")
					if strings.HasPrefix(command, "sweep") {
						t.Setenv("TMPDIR", dir)
						out = t.TempDir()
					}
					var told bytes.Buffer
					words := append(strings.Fields(command), scenario, "--out", out)
					code := pindrop(words, &told, &told)
					if ends[code]++; code != exitIO && code != 0 {
						t.Fatalf("exit code %d: %s", code, told.String())
					}
					runs, _ := filepath.Glob(filepath.Join(out, "fill", "*"))
					for _, run := range runs {
						if code := pindrop([]string{"history", run}, &told, &told); code != 0 && strings.HasPrefix(command, "run") {
							t.Errorf("its history: exit code %d: %s", code, told.String())
						}
					}
				})
			}
		}
	}
	t.Logf("exit codes: %v", ends)
}
