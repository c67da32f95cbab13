<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en">
<context>
    <name>IPEO Water</name>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>Training areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>Polygons drawn over places that are surely water and places that surely are not, in any CRS. A point labels the pixel it lies in. Draw several of each class, spread over the image: fields, forest, buildings, shadow and cloud as well as lakes and rivers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Class field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>The field that tells water from the rest: numbers, texts, or yes and no. A feature where it is empty is left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>Values that mean water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>The values of the class field that mean water, separated by commas, such as 1 or lake, river. All others mean not water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Assess accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>water,accuracy,validation,confusion matrix,f1,auc,brier,calibration,area,confidence interval,olofsson,reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Holds a water map against a reference: how good it is, how sure that is, and how many hectares of water there are.

The reference is a layer of polygons or points with a class, or a raster. Pixels that are NoData on either side are left out and counted. Points from Sample reference points are a probability sample: only they give the area of water with a standard error and a 95 % interval (Olofsson et al. 2014, doi 10.1016/j.rse.2014.02.015), and scores weighted by area. Polygons give approximate intervals from a bootstrap over whole polygons, from ten polygons a class on. Don't use the training areas: on those a map looks better than it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>No feature has a class: label some first, and check class field and values that mean water. All lie outside the map: one of the two layers has the wrong CRS. No area with an interval: only points from Sample reference points give one. The scores are too good to be true: the reference is the training areas themselves.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Reference layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Reference raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Polygons or points that are known to be water or not, in any CRS, or the labelled output of Sample reference points. Either this or a reference raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>The field of the reference layer that tells water from the rest. A feature where it is empty is left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>A raster of classes, of any grid and CRS; its first band counts, at each pixel's centre. Either this or a reference layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>A table with a row for each score: metric, value, lower and upper end of the 95 % interval, note.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Area of water in hectares: estimated from a probability sample, else as mapped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Standard error of the estimated area of water in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Lower end of its 95 % interval in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Upper end of its 95 % interval in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Area mapped as water in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Train</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Predict</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Assess</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Setup</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Results, beside files and layers:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>When it goes wrong:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>On a command line:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Check setup</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>water,pytorch,torch,install,installation,missing,gpu,cuda,version,versions,help,problem</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Says what is installed, which devices there are to train on, and what to do about what is missing.

It looks at QGIS, GDAL, Qt, Python, NumPy and PyTorch, and imports PyTorch in a process of its own, so that one that crashes does no harm. It installs and changes nothing. Run it first when training doesn't start, and send what it prints along with a report of a fault.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>It says that PyTorch is missing although you installed it: it went into another Python than the one that QGIS runs; the first line of the search path names that. No CUDA device in spite of a GPU: this PyTorch is the build for processors, or the driver is too old.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Version of</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Whether PyTorch works, so that training can start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Devices to compute on and their memory, a line each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Whether GDAL compresses GeoTIFF with ZSTD</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Python interpreter, then the folders it looks for PyTorch in, a line each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>What to do about what is missing; empty where nothing is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Nothing is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>Create training layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>water,training,polygons,draw,digitise,digitize,label,class,new,empty,start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>Makes an empty layer, ready for you to draw training polygons in.

Select the new layer, press Toggle Editing, then Add Polygon Feature, and draw: left-click for each corner, right-click to end. A form asks whether the polygon is Water or Not water. Draw a few of both, small and inside one kind of surface: lakes, rivers and shallow water for Water; fields, forest, towns, shadow and cloud for Not water, since the model can't tell from water what nobody showed it. Press Save Layer Edits, and run Map water from polygons with this layer and the field class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>The CRS of the image is unknown: set it first (right-click the layer, Layer CRS). Drawn polygons are gone: the layer was a temporary one; make it permanent with the sign beside its name. No form comes up: switch off Suppress attribute form pop-up after feature creation (Settings, Options, Digitizing).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>Training polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>The image that you are going to map water in: the new layer takes its CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>An empty polygon layer with the field class: 1 is water, 0 is not. Choose a GeoPackage to keep what you draw, form and colours with it; a temporary layer goes when QGIS is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Extract water bodies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>water,lake,polygon,polygonize,vectorize,threshold,otsu,mask,area,hectares,sieve,holes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Turns a raster of water probability into polygons of water bodies, each with its area, perimeter and probability.

Works on rasters of any size. Areas and perimeters are measured on the ellipsoid, whatever the CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>No recommended threshold: the raster comes from another program, or its model was trained with no areas held out; choose fixed or otsu. Thousands of specks: give a smallest area. Rivers come apart: connectedness 8, or a lower threshold. The values aren't probabilities: percent need a scale of 0.01 declared in the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Method</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Connectedness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Smallest area (m²)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Fill holes up to (m²)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Water bodies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Water mask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>fixed: the threshold below. otsu: the one that parts the raster's own values best in two groups. recommended: the one that the model recommends, from areas held out in training.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Smaller bodies are left out. 0 = keep all.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>4: pixels belong together where they share a side. 8: a shared corner is enough, as in narrow rivers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Dry patches inside a body up to this size, also of NoData, count as part of it, as boats and glint do. 0 = none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>A multipolygon for each body, with the fields area_ha, perimeter_m, p_mean and p_min: the mean and the smallest probability of its pixels at or above the threshold.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>The same bodies as a raster: 1 water, 0 not water, 255 NoData. A GeoTIFF that ends in .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Area of all water bodies in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Threshold that was used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Empty = found by band description, wavelength, colour interpretation, or the file names of Sentinel-2 and Landsat.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Green band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Red band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Near-infrared band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>The satellite or aerial image, in a format that GDAL opens. Its raw stored values are used. For bands in separate files, build a virtual raster of them first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Extra bands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Further bands to use beside the three, such as short-wave infrared or red edge. On a command line: 5;6.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/labelform.py"/>
        <source>Water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/labelform.py"/>
        <source>Not water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/labelform.py"/>
        <source>To be labelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>Map water from polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>water,lake,river,wetland,flood,classification,supervised,machine learning,logistic,probability,sentinel,landsat,ndwi</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>Maps the probability of water in every pixel of an image, learned from a few polygons that you draw.

It samples the pixels inside the polygons, trains logistic regression on their raw green, red and near-infrared values, and applies the model to the whole image. The same three steps are there one by one: Sample labelled pixels, Train logistic regression, Predict water probability. Training needs PyTorch.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>Green, red or near-infrared isn't found: choose the bands by number; the message lists them. Land comes out as water: draw a few more polygons of Not water there (shadow, cloud, wet fields, dark roofs) and run again. Water is missed: draw that kind of it too, shallow, muddy or green. An area holds no pixel: it is smaller than one; draw it larger, or take every pixel that an area touches. PyTorch is missing: run Check setup.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Water model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>The trained model, to apply to other images of the same sensor and season. A small text file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/models.py"/>
        <source>water,model,chain,workflow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Creation options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Extent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Only this part of the image, widened to whole pixels. Empty = all of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Mask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Polygons, or a raster such as a cloud mask: kept is what lies inside, or where it is valid and not 0. The rest is NoData.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Data type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>float32: probabilities from 0 to 1, NoData -9999. uint8: percent in a quarter of the space, with scale 0.01, NoData 255.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Format</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>gtiff: GeoTIFF. cog: Cloud Optimized GeoTIFF, with overviews, to be read over the network. Both end in .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Of GDAL's GeoTIFF or COG driver, such as COMPRESS=DEFLATE|PREDICTOR=3. Empty = tiled and well compressed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Water probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>The probability of water in every pixel, on the image's grid: a GeoTIFF that ends in .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>A model file that Train logistic regression or Map water from polygons wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Predict water probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>water,apply,classify,classification,inference,map,raster,model,mask,extent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Applies a trained model to an image: the probability of water in every pixel.

Works on images of any size, block by block, and needs no PyTorch. A pixel that is NoData in one of the bands stays NoData. It warns where the image holds values that the model wasn't trained on, as from another sensor.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>The model wants other bands: choose the same extra bands as in training. The log warns of values that the model wasn't trained on: the image is of another sensor, season or processing level; draw areas on it too. All is NoData: a band is NoData everywhere, or extent and mask leave nothing. The output can't be replaced: another program has it open, or it is the image itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>Web page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>One web page that says what was done, how good the result is and whether to trust it. It opens in any browser, offline.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Take every pixel that an area touches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Off: a pixel counts when its centre lies inside. On: any touch counts, which helps where water is narrower than a pixel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Most pixels a class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>More are drawn from at random, spread over the areas so that one large lake doesn't outweigh many ponds. 0 = all pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Starts the random numbers. The same seed gives the same result.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Sample labelled pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>water,training,samples,polygons,points,labels,raster,extract,values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Takes the pixels inside drawn training areas and writes them as points with their class and raw band values.

The points are an ordinary layer: look at them, edit them, or merge those of several images with Merge vector layers before training one model on all. Each carries the area and the image it came from, so that training can hold out whole areas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Green, red or near-infrared isn't found: choose the bands by number; the message lists them. All areas lie outside the image: one of the two layers has the wrong CRS. A class has no pixel: its areas are smaller than a pixel, lie on NoData, or lie under areas of the other class; and Values that mean water has to name values that the class field holds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>A point at the centre of each pixel, with the fields class (1 water, 0 not water), polygon, scene, and one a band.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Water pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Other pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Pixels left out because both classes claim them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Pixels left out because a band is invalid there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>A raster of water probability, as Predict water probability writes it: 0 to 1, or percent with a scale of 0.01. Its first band counts.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>A pixel counts as water where its probability is at least this.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Sample reference points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>water,reference,validation,accuracy,area,stratified,random,sample,points,olofsson,ground truth</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Draws points at random from a water map for an analyst to label, so that the area of water can be stated with an interval.

Edit the layer, look at each point on the image (not on the map), and choose Water or Not water in its form. Then run Assess accuracy with this layer as the reference. Don't move points, and don't add any: that each was drawn by chance is what the interval rests on. The design follows Olofsson et al. 2014, doi 10.1016/j.rse.2014.02.015.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>No points: all pixels of the raster are NoData. The values aren't probabilities: percent need a scale of 0.01 declared in the file. The form doesn't ask for the class: save the layer as a GeoPackage, which keeps its form.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Number of points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Design</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Reference points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>In all. Stratified: divided by area, but at least 50 of them, or half where there are fewer than 100, in each stratum. The log says how many errors to expect; at least five in each stratum make a sound interval.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>stratified: from what is mapped as water and from the rest, each by itself, which is better where water is rare. random: from the whole map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Points at pixel centres: class is empty, for you to fill in; stratum, weight (how many pixels a point stands for) and stratum_ha (area of the stratum) say how they were drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Suggest where to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>water,active learning,uncertainty,novelty,training,polygons,points,improve,next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Points to the places where a polygon would teach a model most: those it is least sure of, that resemble nothing it was trained on, and that stand for much of the image.

Draw a polygon around each point, say whether it is water, train again, and ask again: a few places a round do more than as many at random. The points are spread over the image and lie in even patches of 5 by 5 pixels. The same input gives the same points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>There is no place to suggest: the areas drawn already cover all that is valid. The model wants other bands: choose the same extra bands as in training. The points lie in cloud: say that it isn't water, and the model learns it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Training areas drawn so far</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Number of places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Where to draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Polygons or points in any CRS. Places keep out of them, and what lies in them counts as known, which suggests better. Empty = what the model remembers of its training counts as known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>How many places to suggest. A few a round are best, since each round knows more than the one before.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Points, the best first, with the fields reason, score (share of all doubt that a label there settles), probability (of water, as the model has it) and novelty (distance to what is known, in standard deviations).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Both classes weigh the same</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Off: every sample weighs the same. On: both classes count the same, so that more water is found, and more that is none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Expected share of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>How much of the image is water, between 0 and 1, where you know it roughly. Probabilities then fit the image, not the mix of classes that happened to be drawn. Empty = leave them as trained.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Share of areas held out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>So many of the training areas, whole ones, are kept aside to score the model on pixels it hasn't seen. 0 = no such scores.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Folds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>0 = hold areas out once. 2 or more = hold out each in turn, in so many groups: steadier scores, in as many times the time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Optimizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>How the coefficients are found. All three come to the same ones; lbfgs needs the fewest steps, adam suits the perceptron.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Learning rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>How far one step goes (η). 1 suits gradient descent; above 2 the loss jumps about, near 0 it takes ages. Empty = adapts.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Momentum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>How much of the last step carries over to the next, from 0 to below 1. Empty = the optimizer's own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Most epochs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>The most passes over the samples. Training stops earlier once it has converged.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Batch size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Samples a step. 0 = all at once, which is best for anything that fits in memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>L2 regularisation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>λ in mean loss + λ/2 · Σ (a · sd)², over the coefficients a, each with the standard deviation of its band. Larger values draw coefficients towards 0; 0 = none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Hidden units</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>0 = logistic regression: a plane parts water from the rest. More = a perceptron with so many hidden units, which bends it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Where training runs: auto takes an NVIDIA graphics card (cuda), else Apple's (mps), else the processor (cpu).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Loss on the training samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Accuracy on the training samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>F1 on the training samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Loss on held-out areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Accuracy on held-out areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>F1 on held-out areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Epochs run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Whether training converged (1 or 0)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Device used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Formula of the probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Train logistic regression</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>water,train,fit,model,classifier,machine learning,logistic,regression,perceptron,gradient descent,torch,pytorch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Fits p(water) = σ(Aᵀx + b) to samples and writes the model file.

Each pixel vector x holds the raw green, red and near-infrared values, and extra bands where there are some. Scores come from whole training areas that were held out. Needs PyTorch; using the model afterwards doesn't.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>PyTorch is missing: run Check setup. Scores on held-out areas are far below those on the training samples: the areas are too few or too much alike; draw more, in other places. Training doesn't converge: allow more epochs, leave the learning rate empty, or take lbfgs. One class only: sample areas of both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>What Sample labelled pixels writes, or any layer or table with fields class (1 or 0), polygon, scene and features.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>The fields that make up x. Empty = green, red, nir and every field whose name starts with x_.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>The trained model: a small text file that any program can read and that can run no code.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>Virtual raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>Virtual water probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>water,apply,virtual,vrt,layer,preview,model,on the fly,raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>Lays a trained model over an image as a virtual layer: the probability of water is computed when it is drawn or read.

The file has a few kilobytes and is there at once, for an image of any size. QGIS and every other program that uses GDAL 3.4 or newer reads it like any raster, with the values that Predict water probability would write. Drawing a large scene is quick where the image has overviews. The file names the image by its full path: make it anew when the image moves. Logistic regression only, no perceptron.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>The layer is empty after the image was moved: make it anew. Drawing is slow: build overviews of the image (Layer Properties, Pyramids), or run Predict water probability. The model is a perceptron: run that too, or train with hidden units = 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>The probability of water in every pixel, on the image's grid, 0 to 1, NoData -9999: a GDAL virtual raster (.vrt).</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
