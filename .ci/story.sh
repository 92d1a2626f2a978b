# shellcheck shell=bash
# One story on what was built, as a user would live it: curl, skopeo, and a real registry that asks for a password.
# Uses `work` (a folder), `pass` and `fail` of .ci/run. Every step is an assertion; nothing here waits without a limit.

# Characters that JSON, URLs and shells change, and a part that is the same everywhere.
readonly CANARY='canary-7Qx2'
readonly PASSWORD="\"right\" 100% / + $CANARY"

tell_story() {
  start_registry && push_image && start_service || return 0
  local credentials='/api/projects/default/credentials' id

  call POST "$credentials" "$(login_body 'wrong password')"
  step 'a wrong password is refused with 422' has_status 422
  step 'the answer says that the registry refused the login' has code CREDENTIAL_REJECTED
  call GET "$credentials"
  step 'nothing was stored' has value.length 0

  call POST "$credentials" "$(login_body "$PASSWORD")"
  step 'the right password is accepted with 201' has_status 201
  step 'the registry proved it' has status.standing accepted
  step 'the answer does not repeat the password' lacks "$CANARY"
  id=$(field id)

  call POST "$credentials/$id/login" '{}'
  step 'the login is handed out' has_status 200
  step 'the login is the right one' has value.password "$PASSWORD"

  call POST "$credentials/$id/login?raw=true" '{"format":"docker-config"}'
  cp "$work/reply" "$work/config.json"
  step 'the registry refuses whoever has no login' refuses pull --no-creds
  step 'skopeo pulls with the docker config that was handed out' pull --authfile "$work/config.json"

  switch "$credentials/$id" false
  step 'it is switched off with 200' has_status 200
  call POST "$credentials/$id/login" '{}'
  step 'what is switched off is not handed out' has_status 409
  step 'the answer says that it is switched off' has code CREDENTIAL_DISABLED
  step 'the activity shows two hand-outs' eventually shows_activity "$credentials/$id" handed-out 2
  step 'the activity shows who switched it off' eventually shows_activity "$credentials/$id" updated 1

  call DELETE "$credentials/$id"
  step 'it is deleted with 204' has_status 204
  call POST "$credentials/$id/login" '{}'
  step 'what is deleted is not handed out' has_status 404
  call POST "$credentials/$id/restore"
  step 'it is restored with 200' has_status 200
  switch "$credentials/$id" true
  call POST "$credentials/$id/login?raw=true" '{"format":"docker-config"}'
  cp "$work/reply" "$work/config.json"
  step 'skopeo pulls with what was restored' pull --authfile "$work/config.json"

  step 'the service ends when it is told to' ends_on_sigterm
  step 'the password is neither in the log nor in the data folder' is_nowhere "$CANARY"
}

# step WHAT COMMAND...: one assertion. What it wrote is shown only where it failed.
step() {
  local what=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    pass "$what"
  else
    fail "$what"
    sed 's/^/        /' "$work/said"
  fi
}

start_registry() {
  mkdir "$work/registry"
  htpasswd -Bbn ci "$PASSWORD" >"$work/registry/htpasswd" || return
  cat >"$work/registry/config.yml" <<EOF
version: 0.1
log: { level: info }
storage: { filesystem: { rootdirectory: $work/registry/data } }
http: { addr: '127.0.0.1:0' }
auth: { htpasswd: { realm: story, path: $work/registry/htpasswd } }
EOF
  start registry docker-registry serve "$work/registry/config.yml"
  registry=$(line_of registry 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p') || fail 'the registry starts'
  [ -n "$registry" ]
}

push_image() {
  umoci init --layout "$work/image" &&
    umoci new --image "$work/image:1" &&
    timeout 60 skopeo copy --quiet --insecure-policy --dest-tls-verify=false --dest-creds "ci:$PASSWORD" \
      "oci:$work/image:1" "docker://$registry/team/app:1" ||
    {
      fail 'an image is pushed to the registry'
      return 1
    }
}

start_service() {
  export REGCRED_PORT=0 REGCRED_DATA="$work/data"
  mkdir -m 700 "$REGCRED_DATA"
  cat >"$REGCRED_DATA/policy.json" <<EOF
{
  "projects": [{ "name": "default", "environments": ["dev", "prod"] }],
  "network": { "relaxed": { "$registry": ["plain-http", "loopback"] } }
}
EOF
  start service npm start -- dist
  service=$(line_of service 's/^regcred runs at \(.*\)/\1/p') || {
    fail 'what was built starts'
    cat "$work/service.log"
    return 1
  }
  # Not as an argument: those are for every user of the machine to see.
  (umask 077 && printf 'authorization: Bearer %s\n' "$(npm run -s token)" >"$work/headers")
}

# start NAME COMMAND...: in a process group of its own, its output in NAME.log.
start() {
  local name=$1
  shift
  setsid "$@" >"$work/$name.log" 2>&1 &
  echo $! >"$work/$name.pid"
}

# line_of NAME SED-SCRIPT: waits at most 30 s until the output of NAME has a line that fits.
line_of() {
  local found
  for _ in $(seq 300); do
    found=$(sed -n "$2" "$work/$1.log" | head -n 1)
    if [ -n "$found" ]; then
      echo "$found"
      return
    fi
    sleep 0.1
  done
  return 1
}

# call METHOD PATH [BODY]: leaves status and reply for the steps.
call() {
  local body=()
  if [ $# -gt 2 ]; then body=(--header 'content-type: application/json' --data-binary @-); fi
  status=$(printf '%s' "${3-}" | curl --silent --show-error --max-time 60 --request "$1" --header "@$work/headers" \
    ${body[@]+"${body[@]}"} --dump-header "$work/reply-headers" --output "$work/reply" --write-out '%{http_code}' "$service$2")
}

# switch PATH true|false
switch() {
  call GET "$1"
  printf 'if-match: %s\n' "$(sed -n 's/^etag: \(.*\)\r$/\1/Ip' "$work/reply-headers")" >>"$work/headers"
  call PATCH "$1" "{\"enabled\":$2}"
  sed -i '/^if-match:/d' "$work/headers"
}

login_body() {
  node -p 'const [url, password] = process.argv.slice(1); JSON.stringify({ name: "story", url, username: "ci", password })' \
    "http://$registry" "$1"
}

has_status() {
  [ "$status" = "$1" ] || {
    echo "the status is $status, not $1"
    return 1
  }
}

# field PATH: one value of the reply; `length` works on lists.
field() {
  node -p "'$1'.split('.').reduce((value, name) => value?.[name], JSON.parse(fs.readFileSync('$work/reply', 'utf8')))"
}

has() {
  [ "$(field "$1")" = "$2" ] || {
    echo "$1 is not what it should be; the status is $status, the code $(field code)"
    return 1
  }
}

lacks() {
  ! grep -qF -- "$1" "$work/reply"
}

pull() {
  rm -rf "$work/pulled"
  timeout 60 skopeo copy --quiet --insecure-policy --src-tls-verify=false "${@/--no-creds/--src-no-creds}" \
    "docker://$registry/team/app:1" "dir:$work/pulled"
}

refuses() {
  ! "$@" && grep -qi unauthorized "$work/said"
}

# The worker copies events to the activity a moment after the answer.
eventually() {
  for _ in $(seq 50); do
    "$@" && return
    sleep 0.2
  done
  return 1
}

# shows_activity PATH EVENT COUNT
shows_activity() {
  call GET "$1/activity"
  [ "$(grep -o "\"type\":\"regcred.credential.$2\"" "$work/reply" | wc -l)" -eq "$3" ]
}

ends_on_sigterm() {
  local pid
  pid=$(cat "$work/service.pid")
  kill -TERM -- "-$pid"
  eventually has_ended "$pid"
}

has_ended() {
  ! kill -0 -- "-$1" 2>/dev/null
}

is_nowhere() {
  ! grep -rqF -- "$1" "$work/service.log" "$work/data"
}

# Ends whatever still runs.
end_story() {
  local file
  for file in "$work"/*.pid; do
    if [ -f "$file" ]; then kill -KILL -- "-$(cat "$file")" 2>/dev/null; fi
  done
  wait 2>/dev/null
}
