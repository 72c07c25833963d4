"""Writes the truth about the sample's hosts: labels.py FOLDER LABELS README

LABELS is JSON; the table at the end of README is written anew.
"""
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
truth = {"note": "Made by scripts/sample.sh. Every person is invented; private lists what of them went into the capture and must never come out.",
         "private": PRIVATE, "devices": devices}
with open(sys.argv[2], "w", encoding="utf-8") as f:
    print(json.dumps(truth, indent=1, ensure_ascii=False), file=f)

with open(sys.argv[3], encoding="utf-8") as f:
    text = f.read()
head = "| name | address | kind | maker | model | software | how it was made |\n|---|---|---|---|---|---|---|\n"
rows = ["| " + " | ".join([d["name"], d.get("ip", "–"), ", ".join(d["category"]), d.get("maker", "–"), d.get("model", "–"), d.get("software", "–"), d["made"]]) + " |\n" for d in devices]
with open(sys.argv[3], "w", encoding="utf-8") as f:
    f.write(text[:text.index(head)] + head + "".join(rows))
