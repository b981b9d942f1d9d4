"""Files that refer to other files or to the internet are refused before GDAL opens them."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
import shapely
from raster_files import write_raster

from standort.cli.commands.clusters import _layers
from standort.errors import FileError
from standort.layers import describe_raster, open_raster, read_layer, read_network
from standort.layers.formats.local_files import check_vector_file, raster_driver
from standort.surfaces.mask import as_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Reader = Callable[[str | Path], object]

WMS = (
    "<GDAL_WMS><Service name='WMS'><ServerUrl>{url}/wms?</ServerUrl><Layers>a</Layers></Service>"
    "<DataWindow><UpperLeftX>5</UpperLeftX><UpperLeftY>51</UpperLeftY><LowerRightX>6</LowerRightX>"
    "<LowerRightY>50</LowerRightY><SizeX>4</SizeX><SizeY>4</SizeY></DataWindow>"
    "<BandsCount>1</BandsCount></GDAL_WMS>"
)
VRT = (
    "<VRTDataset rasterXSize='4' rasterYSize='4'><SRS>EPSG:4326</SRS>"
    "<Metadata><MDI key='INTERNAL_MASK_FLAGS_1'>2</MDI></Metadata>"
    "<GeoTransform>5,0.25,0,51,0,-0.25</GeoTransform><VRTRasterBand dataType='Byte' band='1'>"
    "<SimpleSource><SourceFilename>/vsicurl/{url}/a.tif</SourceFilename><SourceBand>1</SourceBand>"
    "</SimpleSource></VRTRasterBand></VRTDataset>"
)
OGR_VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/vsicurl/{url}/v.gpkg</SrcDataSource>"
    "</OGRVRTLayer></OGRVRTDataSource>"
)
WFS = "<OGRWFSDataSource><URL>{url}/wfs?</URL></OGRWFSDataSource>"
PIPELINE = json.dumps(
    {
        "type": "gdal_streamed_alg",
        "command_line": "gdal vector pipeline ! read /vsicurl/{url}/g.gpkg ! write --of stream s",
    }
).replace("{url}", "URL")


class _Server(BaseHTTPRequestHandler):
    """Record what is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - as http.server has it

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """Start a server on this machine: its address, and what it was asked for."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setitem(os.environ, name, "127.0.0.1")
    asked: list[str] = []
    handler = type("Handler", (_Server,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("text", [VRT, WMS])
@pytest.mark.parametrize("read", [open_raster, describe_raster])
def test_a_raster_that_names_an_address_is_not_followed(
    tmp_path: Path, server: tuple[str, list[str]], text: str, read: Reader
) -> None:
    path = tmp_path / "wind.tif"
    path.write_text(text.replace("{url}", server[0]), encoding="utf-8")
    with pytest.raises(FileError, match=r"cannot open .*expected a GeoTIFF"):
        read(path)
    assert server[1] == []


def test_a_mask_that_names_an_address_is_not_followed(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    path = write_raster(tmp_path / "wind.tif", np.ones((4, 4)), (5.0, 51.0), 0.25)
    (tmp_path / "wind.tif.msk").write_text(VRT.replace("{url}", server[0]), encoding="utf-8")
    with pytest.raises(FileError, match=r"its mask 'wind\.tif\.msk' to be a TIFF"):
        open_raster(path)
    assert server[1] == []


@pytest.mark.parametrize("text", [OGR_VRT, WFS, PIPELINE])
@pytest.mark.parametrize("name", ["roads.gpkg", "roads.geojson", "roads.json", "roads.shp"])
@pytest.mark.parametrize(
    "read", [read_network, as_mask, lambda path: read_layer(path, "ports"), _layers]
)
def test_vectors_that_name_an_address_are_not_followed(
    tmp_path: Path, server: tuple[str, list[str]], text: str, name: str, read: Reader
) -> None:
    path = tmp_path / name
    path.write_text(text.replace("{url}", server[0]).replace("URL", server[0]), encoding="utf-8")
    if read is _layers:
        assert read(path) == []
    else:
        with pytest.raises(FileError, match="GeoPackage"):
            read(path)
    assert server[1] == []


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/a.tif",
        "/vsicurl/http://127.0.0.1:9/a.tif",
        "s3://a/b.tif",
        "PG:dbname=a",
    ],
)
@pytest.mark.parametrize("read", [open_raster, read_network, check_vector_file])
def test_addresses_are_refused(address: str, read: Reader) -> None:
    with pytest.raises(FileError, match="check the path"):
        read(address)


def test_devices_and_folders_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    for path in (tmp_path / "pipe.tif", tmp_path):
        with pytest.raises(FileError, match="got a folder or a device"):
            open_raster(path)


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgb", "a.shp"])
def test_formats_of_vectors_are_recognised(tmp_path: Path, name: str) -> None:
    points = geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(5, 50)], crs=4326)
    points.to_file(tmp_path / name)
    assert check_vector_file(tmp_path / name) == tmp_path / name


def test_json_may_begin_with_a_mark_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf\n {"type": "FeatureCollection", "features": []}')
    assert check_vector_file(path) == path


@pytest.mark.parametrize("options", [{}, {"bigtiff": "yes"}, {"driver": "AAIGrid"}])
def test_formats_of_rasters_are_recognised(tmp_path: Path, options: dict[str, str]) -> None:
    source = write_raster(tmp_path / "a.tif", np.ones((4, 4), "float32"), (5.0, 51.0), 0.25)
    if "driver" in options:
        import rasterio.shutil

        rasterio.shutil.copy(source, tmp_path / "a.asc", driver="AAIGrid")
        assert raster_driver(tmp_path / "a.asc") == "AAIGrid"
        assert open_raster(tmp_path / "a.asc").rows == 4
    else:
        path = write_raster(tmp_path / "b.tif", np.ones((4, 4)), (5.0, 51.0), 0.25, **options)
        assert raster_driver(path) == "GTiff"
