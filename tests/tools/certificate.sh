#!/bin/sh
# Makes a throw-away certificate for tests: sh certificate.sh FOLDER
#   ca.pem             to trust
#   cert.pem key.pem   for a server named localhost or 127.0.0.1
#   self.pem self-key.pem   the same names, signed by itself, trusted by nobody
set -eu
mkdir -p "$1"
cd "$1"
names=subjectAltName=DNS:localhost,IP:127.0.0.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Test authority" \
    -addext basicConstraints=critical,CA:TRUE -keyout ca-key.pem -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
    -keyout key.pem -out request.pem 2>/dev/null
printf '%s\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n' "$names" > extensions.cnf
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 3650 \
    -extfile extensions.cnf -out cert.pem 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=localhost" \
    -addext "$names" -keyout self-key.pem -out self.pem 2>/dev/null
rm -f request.pem extensions.cnf ca-key.pem ca.srl
