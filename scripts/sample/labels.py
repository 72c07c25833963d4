"""Prints the truth about the sample's hosts as JSON: labels.py FOLDER"""
import json
import sys

from people import PRIVATE


def lines(name):
    with open(f"{sys.argv[1]}/{name}", encoding="utf-8") as f:
        return [line.rstrip("\n").split("|") for line in f if line.strip() and not line.startswith("#")]


def label(find, category, maker, model, software, made):
    return {k: v for k, v in {**find, "category": category.split(", "), "maker": maker, "model": model, "software": software, "made": made}.items() if v}


devices = [label({"name": n, "ip": ip, "mac": mac}, *rest[:5]) for n, ip, mac, *rest in lines("hosts.txt")]
for find, where, category, maker, model, software in lines("behind.txt"):
    key, value = find.split("=")
    devices.append(label({"name": f"{value} ({where})", "key": key, "value": value}, category, maker, model, software, "simulated"))
print(json.dumps({"note": "Made by scripts/sample.sh. Every person is invented; private lists what of them went into the capture and must never come out.",
                  "private": PRIVATE, "devices": devices}, indent=1, ensure_ascii=False))
