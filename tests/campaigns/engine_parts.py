"""Gets what campaigns run beside newsieve, once, from package registries: engines and stores.

usage: python -m tests.campaigns.engine_parts [--check] [prism] [flink] [spark]
                                              [versitygw] [azurite]

With --check, nothing is fetched; exit code 1 if something is not there.

Kept below $XDG_CACHE_HOME/newsieve-engines (or ~/.cache). Prism and versitygw (S3) are built with
Go, Azurite (Azure) is a package of npm, Flink and Spark come as Python packages, and the jars of
Beam's job servers are put together by Maven.

The pairing that is supported is a job server of the same Beam version as the Python package.
Where the registry has none, the newest whose three parts are all there is used instead: it is
the one below, and what it is tested with is no promise about the supported one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "newsieve-engines"
BEAM = version("apache-beam")
JAVA_BEAM = "2.62.0"
FLINK = "1.19.3"
SPARK = "3.5.0"

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>newsieve.tests</groupId><artifactId>job-server</artifactId><version>1</version>
<dependencies>{dependencies}</dependencies>
<build><plugins><plugin>
<artifactId>maven-shade-plugin</artifactId><version>3.4.1</version>
<executions><execution><phase>package</phase><goals><goal>shade</goal></goals><configuration>
<createDependencyReducedPom>false</createDependencyReducedPom>
<filters><filter><artifact>*:*</artifact><excludes>
<exclude>META-INF/*.SF</exclude><exclude>META-INF/*.DSA</exclude><exclude>META-INF/*.RSA</exclude>
</excludes></filter></filters>
<transformers>
<transformer implementation="org.apache.maven.plugins.shade.resource.ServicesResourceTransformer"/>
<transformer implementation="org.apache.maven.plugins.shade.resource.AppendingTransformer">
<resource>reference.conf</resource></transformer>
<transformer implementation="org.apache.maven.plugins.shade.resource.ManifestResourceTransformer">
<mainClass>{driver}</mainClass></transformer>
</transformers>
</configuration></execution></executions>
</plugin></plugins></build>
</project>
"""

JARS = {
    "flink": (
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        [
            f"org.apache.beam:beam-runners-flink-1.19:{JAVA_BEAM}",
            f"org.apache.beam:beam-runners-java-job-service:{JAVA_BEAM}",
            "org.slf4j:slf4j-simple:1.7.30",
        ],
    ),
    "spark": (
        "org.apache.beam.runners.spark.SparkJobServerDriver",
        [
            f"org.apache.beam:beam-runners-spark-3:{JAVA_BEAM}",
            f"org.apache.beam:beam-runners-java-job-service:{JAVA_BEAM}",
            f"org.apache.spark:spark-core_2.12:{SPARK}",
            f"org.apache.spark:spark-streaming_2.12:{SPARK}",
            "org.slf4j:slf4j-simple:1.7.30",
        ],
    ),
}
"""Engine → main class and parts (group:artifact:version) of its job server."""

BUILT = {
    "prism": ("github.com/apache/beam/sdks/v2/go/cmd/prism", BEAM),
    "versitygw": ("github.com/versity/versitygw/cmd/versitygw", "1.8.0"),
}
"""Program → the Go package that it is built from, and its version."""
AZURITE = "3.37.0"
TOOLS = {
    **{key: ["go"] for key in BUILT},
    "azurite": ["node", "npm"],
    "flink": ["java", "mvn"],
    "spark": ["java", "mvn"],
}


def lacking(name: str) -> list[str]:
    """Name the tools without which *name* cannot be had, or run, here."""
    needs = {"flink": ["java"], "spark": ["java"], "azurite": ["node"]}
    tools = needs.get(name, []) if there(name) else TOOLS[name]
    return [tool for tool in tools if not shutil.which(tool)]


def there(name: str) -> bool:
    """Whether the parts of *name* have been fetched."""
    return (job_server(name) if name in JARS else program(name)).exists()


def program(name: str) -> Path:
    """Where a program is kept."""
    if name == "azurite":
        return CACHE / f"azurite-{AZURITE}" / "node_modules" / ".bin" / "azurite-blob"
    return CACHE / f"{name}-{BUILT[name][1]}" / name


def job_server(engine: str) -> Path:
    """Where the jar of a job server is kept."""
    return CACHE / f"{engine}-{JAVA_BEAM}" / "target" / "job-server-1.jar"


def package(engine: str) -> Path:
    """Where the Python package with the engine's own jars is kept."""
    return CACHE / {"flink": f"flink-{FLINK}", "spark": f"spark-{SPARK}"}[engine]


def fetch(name: str) -> None:
    """Get what is not there yet.

    Raises:
        subprocess.CalledProcessError: a registry does not have it, or cannot be reached.
    """
    if name in JARS:
        _fetch_engine(name)
    elif there(name):
        return
    elif name in BUILT:
        source, release = BUILT[name]
        environment = os.environ | {"GOBIN": str(program(name).parent)}
        subprocess.run(["go", "install", f"{source}@v{release}"], env=environment, check=True)
    elif name == "azurite":
        folder = program(name).parents[2]
        install = ["npm", "install", "--silent", "--prefix", str(folder), f"azurite@{AZURITE}"]
        subprocess.run(install, check=True)


def _fetch_engine(engine: str) -> None:
    if not package(engine).exists():
        wanted = {"flink": f"apache-flink-libraries=={FLINK}", "spark": f"pyspark=={SPARK}"}[engine]
        part = package(engine).with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(part)]
        subprocess.run([*pip, wanted], check=True)
        part.rename(package(engine))
    if not job_server(engine).exists():
        driver, parts = JARS[engine]
        folder = job_server(engine).parents[1]
        folder.mkdir(parents=True, exist_ok=True)
        names = ("groupId", "artifactId", "version")
        inner = (
            "".join(f"<{n}>{v}</{n}>" for n, v in zip(names, part.split(":"), strict=True))
            for part in parts
        )
        dependencies = "".join(f"<dependency>{each}</dependency>" for each in inner)
        pom = POM.format(driver=driver, dependencies=dependencies)
        (folder / "pom.xml").write_text(pom, encoding="utf-8")
        subprocess.run(["mvn", "-q", "-B", "package"], cwd=folder, check=True)


if __name__ == "__main__":
    names = [each for each in sys.argv[1:] if each != "--check"] or ["prism", "flink", "spark"]
    if "--check" in sys.argv:
        sys.exit(not all(map(there, names)))
    for name in names:
        if absent := lacking(name):
            sys.exit(f"{name}: {' and '.join(absent)} not found here")
        fetch(name)
