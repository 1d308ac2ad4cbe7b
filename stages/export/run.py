"""Export: write the results in the format of another program."""

from stages.export.formats import FORMATS
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport


def run(
    inputs: ExportInputs, outputs: ExportOutputs, settings: ExportSettings, context: Context
) -> StageReport:
    """Write the files of one format, each of which takes its place when it is complete.

    Raises
    ------
    InputError
        A table is missing, damaged, or does not fit the others, no cell was predicted, the format cannot hold
        the predictions, the package that writes it is not installed, or there is no room on the disk.
    """
    write = FORMATS[settings.format].load_writer()
    return write(inputs, outputs.exported_path, settings, context)
