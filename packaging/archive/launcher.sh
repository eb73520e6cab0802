#!/bin/sh
# Starts @NAME@ with the Node.js beside it, also through links.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=$(dirname "$self")/$target ;;
  esac
done
bin=$(cd "$(dirname "$self")" && pwd -P) || exit 1
exec "$bin/node" --disable-sigusr1 "$bin/@NAME@.js" "$@"
