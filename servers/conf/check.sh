#!/bin/sh
# A container's check of its own server: check.sh HOST PORT SCHEME. Uses what there is in the image.
#
# The engine pauses as long before its first check as between all of them. The first should be soon, but each
# one disturbs what is being measured. So the pause is short, and checks after a success begin with a nap.
host=$1 port=$2 scheme=$3
healthy=/tmp/.healthy

answers() {
  if command -v curl; then
    curl --silent --fail --insecure --max-time 2 --output /dev/null "$scheme://$host:$port/health"
  elif command -v wget; then
    wget -q -T 2 -O /dev/null --no-check-certificate "$scheme://$host:$port/health"
  elif [ "$scheme" = https ]; then
    bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$port"
  else
    bash -c 'exec 3<>"/dev/tcp/$0/$1" &&
      printf "GET /health HTTP/1.1\r\nHost: $0\r\nConnection: close\r\n\r\n" >&3 &&
      read -r -t 2 _ status _ <&3 && [ "$status" = 200 ]' "$host" "$port"
  fi
}

if [ -e $healthy ]; then
  sleep 30
fi
answers >/dev/null && : >$healthy
