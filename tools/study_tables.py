"""What the scripts that make tables of the documentation share: runs of studies, their tables, lines of Markdown."""

import csv, os, statistics, subprocess, sys

CLI, WORKSPACE = sys.argv[1], os.environ["ASSAY_TABLE_WORKSPACE"]
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}  # 97.5 % quantiles, by repetitions

missed = []


def repetitions(variable, otherwise):
    """A number of trainings or seeds from the environment."""
    count = int(os.environ.get(variable, otherwise))
    if not 1 <= count <= max(STUDENT):
        sys.exit(f"{variable} is {count}; it must be in [1, {max(STUDENT)}].")
    return count


def run(study, settings):
    """Runs a study. Returns the folder of the run."""
    command = [CLI, "run", study, "--workspace", WORKSPACE]
    for setting in settings:
        command += ["--set", setting]
    print(" ".join(command[1:3] + settings), file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nfailed: see above.")
    return done.stdout.strip().splitlines()[-1]


def rows(folder, table):
    with open(os.path.join(folder, "tables", table + ".csv"), newline="") as file:
        return list(csv.DictReader(file))


def half_width(values):
    """Of Student's 95 % interval of the mean; None of a single value."""
    if len(values) < 2:
        return None
    return STUDENT[len(values)] * statistics.stdev(values) / len(values) ** 0.5


def need(holds, what):
    if not holds:
        missed.append(what)


def heading(*names):
    print("\n| " + " | ".join(names) + " |\n|" + " --- |" * len(names), flush=True)


def line(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def say_missed():
    print("\nMissed: " + "; ".join(missed) + "." if missed else "\nEvery goal is reached.")
