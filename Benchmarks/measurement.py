"""What the scripts that measure one engine each have in common."""
import argparse
import os
import pathlib


def parser(doc, measurements):
    """The arguments that every one of them takes: see peers.py, which runs them."""
    result = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--gguf", required=True)
    result.add_argument("--threads", type=int, default=2)
    result.add_argument("--repetitions", type=int, default=3)
    result.add_argument("--measure", choices=measurements, required=True)
    return result


def resident_megabytes(process="self"):
    """The memory of a process that is resident, in units of 10^6 bytes."""
    pages = int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
