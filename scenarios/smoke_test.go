package scenarios
import ("testing";"fmt")
func TestSmoke(t *testing.T){
 for _, n := range Names() {
  text,_ := Builtin(n)
  s, err := Load(n+".yaml", text, nil)
  if err!=nil { t.Error(err); continue }
  fmt.Printf("%s\n\n", s.YAML())
  if _, err := Load(n+".yaml", s.YAML(), nil); err != nil { t.Error(err) }
  if err := Unsupported(s); err != nil { t.Error(err) }
 }
}
