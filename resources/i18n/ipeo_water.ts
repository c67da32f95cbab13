<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en">
<context>
    <name>IPEO Water</name>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>overall accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>precision (user's accuracy of water)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>recall (producer's accuracy of water)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>F1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>intersection over union</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>area under the ROC curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>average precision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Brier score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>log-loss in nats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>expected calibration error, 15 bins of equal mass</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>left out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>labelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>mapped class differs from the label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>{score}; weighted by area; {interval}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>{score}; {interval}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>no interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>{score}; equal weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>estimated from the probability sample (Olofsson et al. 2014); interval from Wilson's limits of each stratum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>standard error of the estimated area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>pixels with p ≥ {threshold:g}; no interval: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>pixels with p ≥ {threshold:g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>share of the area</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>{n} points labelled by two people</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>Cohen's kappa</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>at {x:.10g}, {y:.10g}: the first person says water, the second doesn't; feature {second} of the second layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/accuracytable.py"/>
        <source>at {x:.10g}, {y:.10g}: the second person says water, the first doesn't; feature {second} of the second layer</source>
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
        <location filename="../../ipeo_water_plugin/panel/sources.py"/>
        <source>Training areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>Polygons over places that are clearly water and places that clearly aren't, in any CRS. A point labels the pixel it lies in. Draw several of each class, spread over the image: fields, forest, buildings, shadow and cloud as well as lakes and rivers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>The field with the class: numbers, text, or yes and no. Features without a value are left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>Values that mean water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>The values of the class field that mean water, separated by commas, such as 1 or lake, river. Put a value that contains a comma in double quotes. Case, leading and trailing spaces and the encoding of accents don't matter. All other values mean not water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Choose a layer of polygons or points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>The field “{field}” numbers the features of “{name}”; if it isn't the class, choose another field.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <source>“{name}” has no field “{wanted}” for the class; its fields are: {fields}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/areas.py"/>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>The class field “{field}” of “{name}” has the type {type}: choose a field of numbers, text, or yes and no.</source>
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
        <source>Compares a water map with a reference: how accurate the map is, how certain that is, and how many hectares of water there are.

The reference is a layer of polygons or points with a class, or a raster. Pixels that are NoData in either are left out and counted. Only points from Sample reference points are a probability sample, which gives the area of water with a standard error and a 95 % interval (Olofsson et al. 2014, doi 10.1016/j.rse.2014.02.015), and scores weighted by area. With at least ten polygons per class, scores get approximate intervals from a bootstrap over whole polygons. Don't use the training areas: there a map looks better than it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>No feature has a class: label some first, and check the class field and the values that mean water. All features lie outside the raster: one of the two layers has the wrong CRS. The area has no interval: only points from Sample reference points give one. The scores are too good to be true: the reference may contain the training areas.</source>
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
        <source>Labels by a second person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Polygons or points known to be water or not, in any CRS, or the labelled output of Sample reference points. Choose either this or a reference raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>The field of the reference layer with the class. Features without a value are left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>A raster of classes, of any grid and CRS; the value of its first band at each pixel's centre is used. Choose either this or a reference layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>A table with one row per score: metric, value, lower and upper end of the 95 % interval, note.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>A copy of the reference points that somebody else labelled, with the same class field. Gives the share of points on which both agree, Cohen's kappa, and a list of the points on which they differ. Scores and area use the reference layer alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Area of water in hectares: estimated from a probability sample, otherwise as mapped</source>
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
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Share of points on which two people's labels agree</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Cohen's kappa of two people's labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Number of points on which two people's labels differ</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>A reference layer and a reference raster are given: choose only one of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>No reference is given: choose a reference layer or a reference raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Labels by a second person are compared with points: choose a point layer as reference, and a copy of it as second labels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Points left out because they have no stratum, weight or area from Sample reference points, so their locations aren't random: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>“{layer}” is not a probability sample: none of its points has a stratum, weight and area from Sample reference points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>No feature of “{layer}” has both a geometry on the map and a class: label some first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>“{layer}” is the reference, and can't be the second person's labels too: they would agree with themselves. Choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>The CRS of “{raster}” is unknown, so areas can't be computed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (polygons).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (points).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (raster).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Compared {water} water and {other} other pixels with the map at p ≥ {threshold:g} (probability sample).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Reference pixels left out because they are NoData on the map: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Map pixels left out because they are NoData in the reference or outside it: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Pixels left out because they lie in features of both classes: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Features left out because they have no class: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Features left out because they lie outside the map: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>{score} (95 %: {lower:.4f} to {upper:.4f})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Mapped as water: {mapped:.2f} ha of {total:.2f} ha.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>The area has no interval. {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/assessaccuracy.py"/>
        <source>Estimated area of water: {area:.2f} ha, standard error {error:.2f} ha, 95 % interval {lower:.2f} to {upper:.2f} ha.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{parameter} is “{written}”, which is not a number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{parameter} is {value:g}, which is not a whole number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{parameter}: “{written}” is not a list of numbers. Write whole numbers such as 5;6.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>“{layer}” is the first layer of its file. Others in it are not read: {others}. Name one by |layername=.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{parameter}: {layer} can't be opened. {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>(none given)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{destination} doesn't end in {suffix}, the only format of this output: choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>The output</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>1 Draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>2 Map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>3 Check</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>4 Many images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>5 Setup</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Advanced parameters:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Results, besides files and layers:</source>
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
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{key} is not a parameter of {algorithm}: it is ignored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>Report: {file}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/base.py"/>
        <source>{file} can't be read or written: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
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
        <source>Reports the installed versions and the devices to train on, and says what to do about what is missing.

Checks QGIS, GDAL, Qt, Python, NumPy and PyTorch. PyTorch is imported in a separate process, in case it crashes. Nothing is installed or changed. Run it before you install PyTorch, which is optional, and include its log in a bug report.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>PyTorch is reported missing although you installed it: you installed it for another Python than the one that QGIS uses, which the text file names. No CUDA device although there is an NVIDIA GPU: this PyTorch is a build for CPUs, or the driver is too old.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Text file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Version of</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Text file for a copy of the log, to include in a bug report.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Whether PyTorch works</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Devices to train on and their memory, one per line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Whether GDAL can compress GeoTIFFs with ZSTD</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Python interpreter, then the folders in which it looks for PyTorch, one per line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>What to do about what is missing; empty if nothing is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Mapping works with this setup; what else it could do is said above.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Nothing is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>PyTorch is installed in {file}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>{program} can't be started ({reason}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>The import didn't finish within {timeout:.0f} seconds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>The import crashed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Python exited with status {status}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>Loading PyTorch, which can take a few seconds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/checksetup.py"/>
        <source>unknown ({kind}: {error})</source>
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
        <source>Creates an empty layer, ready to draw training polygons in.

Select the new layer, press Toggle Editing, then Add Polygon Feature, and draw: left-click for each corner, right-click to end. A form asks whether the polygon is Water or Not water. Draw a few of each, small and on a single kind of surface: lakes, rivers and shallow water for Water; fields, forest, towns, shadow and cloud for Not water, since the model can't tell from water what nobody showed it. Press Save Layer Edits, and run Map water from polygons with this layer and the field class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>The CRS of the image is unknown: set it first (right-click the layer, Layer CRS). Drawn polygons are lost: the layer was temporary; make it permanent with the icon next to its name. No form appears: switch off Suppress attribute form pop-up after feature creation (Settings, Options, Digitizing).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>Training polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>The image that you will map water in: the new layer gets its CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/createtraininglayer.py"/>
        <source>An empty polygon layer with the field class: 1 is water, 0 is not. Choose a GeoPackage to keep what you draw, form and colours with it; a temporary layer goes when QGIS is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/databases.py"/>
        <source>{destination} is in use, in QGIS or by another program: save the edits and remove its layer from the project, close other programs that use it, or choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/databases.py"/>
        <source>{destination} can't be written (check whether the disk is full or another program uses it)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/days.py"/>
        <source>Water probabilities</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/days.py"/>
        <source>Rasters of water probability, one per date, as Predict water probability writes them: 0 to 1, or percent with a scale of 0.01. The first band of each is used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/days.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Dates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/days.py"/>
        <source>Empty = from metadata, or the names of known products, and never guessed. Else a regular expression with the date in parentheses, such as _(\d{8})_, or with groups year, month and day; or the path of a table (.csv) of file and date.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/dialog.py"/>
        <source>Band {number}, {way}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/dialog.py"/>
        <source>Not found: choose the band</source>
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

Rasters may have any size. Areas and perimeters are measured on the ellipsoid in any CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>No recommended threshold: another program wrote the raster, or its model was trained without held-out areas; choose fixed or otsu. Thousands of specks: set a minimum area. Rivers are broken into pieces: choose connectedness 8 or a lower threshold. The values aren't probabilities: percent need a scale of 0.01 declared in the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Method</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Fixed threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Otsu's threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Recommended by the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Connectedness</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>4: sides</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>8: sides and corners</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Minimum area (m²)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Fill holes up to (m²)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Shore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Along pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Smooth, between pixels</source>
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
        <source>fixed: the threshold below. otsu: the threshold that best separates the raster's values into two groups. recommended: the model's threshold, with the best F1 on areas held out in training.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Smaller water bodies are left out. 0 = keep all.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>4: pixels are connected if they share a side. 8: sharing a corner is enough, which suits narrow rivers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Dry or NoData patches inside a body up to this size, such as boats and glint, count as part of it. 0 = none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>pixels: outlines follow the edges of pixels. smooth: they run between the centres of pixels, where the probability equals the threshold, and along pixels only beside NoData. Both consist of the same pixels; areas, also those of the minimum area and of holes, are measured inside the outlines.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>One multipolygon per body, with the fields area_ha, perimeter_m, p_mean and p_min: the mean and minimum probability of its pixels at or above the threshold.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>The same bodies as a raster: 1 water, 0 not water, 255 NoData. Its water pixels are those with centres inside the outlines. A GeoTIFF with the extension .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Total area of water bodies in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/extractwater.py"/>
        <source>Threshold used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>Layers of this kind can't be written as {suffix} and read back: choose a GeoPackage (.gpkg).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>its features would lie elsewhere, or in an unknown CRS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>without features it has no geometry type, field or CRS, or it can't be edited</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>the format changes or drops the fields {names}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>it truncates or changes values of the field {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>it turns an empty value of the field {name} into {value}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>it drops the geometries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>{destination} can't be written: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <source>{destination} can't be written ({reason}): check whether the disk is full.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/formats.py"/>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>QGIS gives no reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>{parameter}: {file} is a pipe or a device, not a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>The layer “{layer}” is being edited, and a result would replace its file: save the edits first, then remove the layer from the project or choose another name for the result.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <location filename="../../ipeo_water_plugin/core/raster/collisions.py"/>
        <source>{destination} is the input itself: choose another name for the result.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>{destination} already exists and can't be read, so it may contain features that only you can redraw: choose another name for the new layer, or delete the file first if nobody needs it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>{destination} contains features that only you can redraw ({layers}): choose another name for the new layer, or delete the old one first if nobody needs it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>{destination} contains other layers ({layers}), which would be lost: choose another name for the result, or delete the file first if nobody needs them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>{destination} contains features that are not an earlier result of this plugin ({layers}), and that perhaps only you can redraw: choose another name for the result, or delete the old layer first if nobody needs it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/guard.py"/>
        <source>{destination} already exists and isn't a result of this plugin, so it isn't replaced: choose another name, or delete the file first if nobody needs it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>The satellite or aerial image, in a format that GDAL opens. Its raw stored values are used. For a download, or bands in separate files, run Image from bands first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Empty = found by band description, wavelength, colour interpretation, or the file names of known sensors.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Empty = found as the green band is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Green band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Red band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Near-infrared band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Extra bands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Further bands to use besides the three, such as short-wave infrared or red edge. On a command line: 5;6.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>{parameter}: QGIS can't open {layer} ({error}). If the scale or offset of a band isn't a number, declare correct ones, as with gdal_edit.py -scale 1 -offset 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>{parameter}: {layer} can't be opened as a raster. Choose a raster layer or file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>“{layer}” has {count} bands, and only the first one is read: {band}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>Only {opened} of {count} rasters can be opened: check {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>“{layer}” is placed by the layer's CRS, {crs}, instead of its file's, {file_crs}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>The NoData value of “{layer}” is switched off in the layer's properties: its pixels count as valid. Bands: {bands}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>“{layer}” has additional NoData values in the layer's properties: they count.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>The CRS of “{layer}” is unknown, so the layer can't be placed: set it first (right-click the layer, Layer CRS, Set Layer CRS).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>The layer “{layer}” comes from {provider}, and only rasters that GDAL opens hold pixel values to compute with: save it as a GeoTIFF first (right-click the layer, Export, Save As, Raw data).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/image.py"/>
        <source>“{layer}” is opened with options ({options}), which only QGIS applies: save it as a GeoTIFF first (right-click the layer, Export, Save As, Raw data), or add it without options.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/labelform.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/looks.py"/>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/labelform.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/looks.py"/>
        <source>Not water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/labelform.py"/>
        <source>To be labelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>Choose a GeoPackage (.gpkg).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>GDAL takes this CRS for another one, in a GeoPackage too: reproject the image to a CRS with an EPSG code first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} doesn't keep the layer as it is: {losses}. {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>The layer can't be created: choose another destination.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{parameter}: no file is given. Choose one, such as a GeoPackage (.gpkg).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>Features can't be appended to an existing layer: choose a new one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{provider} databases can't be written in one transaction: choose a GeoPackage, and import it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} doesn't have the extension of a vector format that QGIS can write: choose a GeoPackage (.gpkg).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination}: QGIS can't open a GeoPackage with a percent sign and two digits in its path. Choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{name} is reserved by QGIS or the file format: choose another name for the layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination}: features can only be appended to a layer of a GeoPackage (.gpkg).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>Samples go into the fields of their own names, and {field} is to be filled with {source}: append without a mapping.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} lacks the fields {names}: append to a layer that this algorithm wrote, for the same bands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>The field {name} of {destination} can't hold the values, as it has the type {type}: append to a layer that this algorithm wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} holds other geometries: append to a layer that this algorithm wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} can't be written in one transaction: choose a GeoPackage (.gpkg).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} has a table {table} already, which the layer {layer} can't replace: choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{destination} can't be written completely (check whether the disk is full)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>{file} would be overwritten by {destination}, which consists of several files: choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/layers.py"/>
        <source>The style couldn't be stored in {destination}: {problem}</source>
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

It samples the pixels inside the polygons, trains logistic regression on their raw green, red and near-infrared values, and applies the model to the whole image. Each step is also an algorithm of its own: Sample labelled pixels, Train logistic regression, Predict water probability. Nothing has to be installed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>Green, red or near-infrared isn't found: choose the bands by number; the message lists them. Land is mapped as water: draw a few more Not water polygons there (shadow, cloud, wet fields, dark roofs) and run again. Water is missed: draw polygons of that kind of water too, such as shallow, muddy or green water. An area contains no pixel: it is smaller than a pixel; draw a larger one, or use all touched pixels.</source>
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
        <source>Saves the trained model as a small text file, to apply it to other images of the same sensor and season.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>F1 to expect in the image, lower end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>F1 to expect in the image, upper end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/mapwater.py"/>
        <source>Area mapped as water, in hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/models.py"/>
        <source>water,model,chain,workflow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Predict many rasters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>water,batch,many,folder,tiles,dask,cluster,parallel,distributed,s3,mosaic,vrt,resume,model,raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Applies a trained model to many images and writes a raster of water probability for each, on this machine or on a Dask cluster.

Choose images, or a folder and a pattern. An interrupted run resumes where it stopped: run it again, also with more images, and results of the same image by the same model are skipped. An image that can't be read doesn't stop the others; at the end, the run fails and lists the images without result, with the reason for each. An image of more than a billion pixels becomes several GeoTIFFs in a folder and a virtual raster (.vrt) over them. Images and results can be in object storage, under GDAL's names such as /vsis3/bucket/folder. The page Cluster of the help explains how to start a cluster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>No Dask scheduler answers: check that it is running, and that its address and port can be reached from here. A worker doesn't fit: install the same versions there and here. A worker doesn't see the folder: choose one that all machines share. An image has no band of that name: choose bands by number. Results are computed again although nothing changed: the images were written again, or other options were chosen. To compute a result again, delete it, with its folder of pieces if it has one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Number of images computed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Number of images skipped since their results existed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Number of images without result; 0, since otherwise the run fails</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Images to predict. Empty = those in the folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Folder of the images, on a disk, a share or in object storage, such as /vsis3/bucket/tiles.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Pattern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Files in the folder to predict, such as *.tif or *.tif;*.vrt; **/*.jp2 includes the folders below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Dask scheduler</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Address of a running Dask scheduler, such as tcp://host:8786. Empty = compute on this machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Band number, the same in all images. Empty = found in each image by band description, wavelength, colour interpretation, or file names of known sensors.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Numbers of the bands for the model's further inputs, such as 5;6. Empty = found in each image by the inputs' names.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Virtual raster over all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Folder of the results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Folder for the results, named after the images. Where two images have the same name, the names of their folders go before it. Can be in object storage, such as /vsis3/bucket/water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>A GDAL virtual raster (.vrt) that shows all results as one, including those skipped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Choose either images or a folder, not both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Choose images, or a folder of images.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>No folder for the results was chosen: choose one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Band {number} is out of range: band numbers start at 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Computed: {done}; skipped, since the result existed: {skipped}; failed: {failed}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>Images without a result: {failed} of {total} (computed: {done}, skipped: {skipped}). Fix what is wrong and run again: the others are skipped then.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictmanyrasters.py"/>
        <source>… and {count} more; see the log.</source>
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
        <source>Predicts only this part of the image, expanded to whole pixels. Empty = the whole image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Mask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Polygons, or a raster such as a cloud mask. Pixels inside the polygons, or where the raster is valid and not 0, are kept; all others become NoData.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Data type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Numbers from 0 to 1 (float32)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Whole percent (uint8)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>float32: 0 to 1 in steps of 2⁻¹⁷, NoData -9999. uint8: percent with scale 0.01, NoData 255, about a seventh of the size.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Format</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>gtiff: GeoTIFF. cog: Cloud Optimized GeoTIFF with overviews, for reading over a network. Both end in .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Options of GDAL's GeoTIFF or COG driver, such as COMPRESS=DEFLATE|ZLEVEL=9. Empty = tiled and compressed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>Choose a polygon layer or a raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>The extent {extent} is empty or can't be brought onto the image: write xmin,xmax,ymin,ymax.</source>
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
        <source>Water probability – {image}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>The probability of water in every pixel, on the image's grid: a GeoTIFF that ends in .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>A model file written by Train logistic regression or Map water from polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>No model is given: choose a model file written by Train logistic regression or Map water from polygons.</source>
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
        <source>Applies a trained model to an image and writes the probability of water in every pixel.

It reads images of any size block by block and doesn't need PyTorch. Pixels that are NoData in at least one of the bands are NoData in the result. A warning appears if many values lie outside the range seen in training, as with another sensor.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <source>The model needs other bands: choose the same extra bands as in training. The log warns of values outside the range seen in training: the image is from another sensor, season or processing level; draw training areas on it too. Everything is NoData: a band is NoData everywhere, or extent and mask exclude everything. The output can't be replaced: another program has it open, or it is the image itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/predictwaterprobability.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>Bands of “{image}”: {roles}.</source>
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
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>Credentials were removed: put them back where “{mark}” stands, and wherever a password is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key} was a temporary result: name a file there to keep it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>&lt;{layer}, saved as a file&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: “{layer}” existed only within QGIS. Save it to a file first, and write its path there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: the CRS of “{layer}” was set to {crs} in QGIS. Assign it to the file too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: NoData of “{layer}” was set in the layer's properties. Set it in the file too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>&lt;part of {layer}, saved as a file&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: of “{layer}”, {part} were used. Save them to a file of their own first, and write its path there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: “{layer}” had edits that weren't saved. Save them first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: the fields {fields} of “{layer}” aren't in its file but computed or joined in QGIS. Save the layer to a file first, and write its path there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>only features that match the filter {filter}</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>only the {n} selected features (ids {ids})</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>only the first features, {limit} at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/reports.py"/>
        <source>{key}: “{path}” is a temporary file. Save it elsewhere, and write its path there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Take every pixel that an area touches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>By default an area holds the pixels whose centres lie inside it. Turn this on for areas narrower than a pixel: then it holds every pixel that it touches.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Maximum pixels per class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>If a class has more pixels, a random sample is taken, spread over the areas so that one large lake doesn't outweigh many ponds. 0 = all pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Seed of the random numbers. The same seed gives the same result.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Training areas: {count}, {water} of them water. Seed {seed}.</source>
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
        <source>Samples the pixels inside training areas and writes them as points with their class and raw band values.

The points are an ordinary layer: inspect them, edit them, or append those of several images to one layer to train one model on all. Each point stores the area and the image it comes from, so that training can hold out whole areas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Green, red or near-infrared isn't found: choose the bands by number; the message lists them. All features lie outside the raster: one of the two layers has the wrong CRS. A class has no pixel: its areas are smaller than a pixel, lie on NoData or overlap areas of the other class, or Values that mean water names none of the values of the class field.</source>
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
        <source>A point at the centre of each pixel, with the fields class (1 water, 0 not water), polygon, scene, and one per band. Append them to earlier samples in a GeoPackage to train one model on several images.</source>
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
        <source>Pixels left out because they lie in areas of both classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplepixels.py"/>
        <source>Pixels left out because of NoData in at least one band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>A raster of water probability, as Predict water probability writes it: 0 to 1, or percent with a scale of 0.01. The first band is used.</source>
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
        <source>Draws random points on a water map for an analyst to label, so that the area of water can be reported with an interval.

Edit the layer, look at each point on the image (not on the map), and choose Water or Not water in its form. Then run Assess accuracy with this layer as the reference. In QGIS, Check with points in the panel asks for them one by one. Don't move or add points: the interval relies on random locations. The design follows Olofsson et al. 2014, doi 10.1016/j.rse.2014.02.015.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>No points: all pixels of the raster are NoData. The values aren't probabilities: percent need a scale of 0.01 declared in the file. The form doesn't ask for the class: save the layer as a GeoPackage, which keeps the form.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Number of points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Margin of the area, percent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Design</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Stratified by mapped class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Reference points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Total number. A stratified sample has at least 50 points in each stratum, or half of them if there are fewer than 100; the rest is allocated by area. The log shows how many errors to expect: a sound interval needs at least five in each stratum.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Half the width of the 95 % interval that you want for the area of water, in percent of that area, such as 10. The number of points is then worked out from the map's probabilities, and the log says it. Empty = the number above.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>stratified: separate samples of the pixels mapped as water and of the others, which is better if water is rare. random: one sample of the whole map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/samplereference.py"/>
        <source>Points at pixel centres, in random order, so that the first ones are a sample too. Fill in class, and if you like sure and note; labelled gets the time. stratum, weight (number of pixels that a point stands for) and stratum_ha (area of the stratum) describe the sample.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>{fields}: not a feature of a pixel. Choose the fields that hold pixel values, or none for all of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>The samples lack {n} fields, {missing}; their fields are: {fields}. Use the points that Sample labelled pixels writes, or choose the features to use.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>{left_out} of {count} samples lack class, polygon or a feature and were left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>Samples that repeat others, as if an area was sampled twice: {count}. They count once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>Samples with the place and values of others, but their class is the other one: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>The field {field} was truncated in {count} of its values, as shapefiles and dBASE tables do, so the data type, scale or NoData of those scenes is unknown. Store samples in a GeoPackage.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>Samples without a value in the field {field} are assumed to come from one scene: polygons with the same id count as one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>The field {name} of sample {row} holds “{value}”, which is not a number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>The field {name} of sample {row} holds “{value}”, which is not the id of an area: a whole number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>No sample has a class and all features.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/sampleslayer.py"/>
        <source>The field {field} holds {values}: the class of a sample must be 1 (water) or 0 (not water).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/source.py"/>
        <source>“{layer}” contains {shape} features. {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/source.py"/>
        <source>“{layer}” can't be read: its file is damaged, or no longer there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Image from bands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>water,stack,bands,import,download,zip,safe,sentinel-2,landsat,mtl,hls,planet,naip,stac,eo browser,copernicus,virtual,vrt,cloud mask,raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Makes one image of what you downloaded: a virtual raster whose green, red and near-infrared bands every other algorithm finds by itself.

Give the folder, archive or any file as it came: Sentinel-2 (SAFE folder or zip, level 1C or 2A), Landsat Collection 2 (folder or tar, level 1 or 2), HLS, exports of the EO Browser and the Copernicus Browser, PlanetScope, NAIP and other aerial images, or the JSON of a STAC item, by path or address. Scale, offset, NoData, satellite and date come from the metadata; a band that marks clouds becomes a mask. The file takes a few kilobytes and is ready at once: no pixel is read or copied, so keep the download where it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Several images are found: choose a file of the one you mean. Several files may be the same band: remove the copy, or choose the file you mean. The names of single files don't say which bands they are: give them in the order green, red, near infrared. A band lies on another grid: give bands of one image, exported for the same area.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>All files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Image as downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Single-band files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Virtual raster beside the image, 1 where the sky is clear and 0 under clouds, for the parameter Mask; if there is one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>The archive, or any file of the image, for example MTD_MSIL2A.xml, …_MTL.txt or one of its bands. A folder's path can be pasted, and the address of a STAC item.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Files of one band each, in place of the download. Where their names don't say which bands they are, their order does: green, red, near infrared, then the extra bands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Further bands of the image, where it has them, such as swir1, which helps on turbid water and in shadow, or swir1;rededge1. Their names: {roles}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Resolution</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Pixel size in units of the image's CRS. Empty = the finest of green, red and near infrared. Bands of another pixel size take the value of the nearest pixel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>A GDAL virtual raster (.vrt) of the bands, described by role, shown in false colours. It refers to the download, by relative paths if that lies beside it or below. If the download has a band that marks clouds (SCL, MSK_CLASSI, QA_PIXEL, Fmask or UDM2), a virtual raster of the clear pixels is written beside it, with _clear added to its name: choose it as the mask in other algorithms.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Choose either an image as downloaded or single-band files, not both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Choose an image as downloaded, or single-band files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>The resolution is {resolution:g}: it must be greater than 0, or empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>There is no extra band called {unknown}. The names are {roles}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Found: {image}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Not used: {files}. Name their bands in Extra bands, if you need them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>No band of the download says which pixels are clear, so there is no mask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>Clear pixels, to choose as the mask in other algorithms: {mask}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/stackbands.py"/>
        <source>{url} can't be fetched: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/styles.py"/>
        <source>The existing style {style} is kept: this plugin didn't write it for {file}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/styles.py"/>
        <source>No style is written for {file}, since QGIS would apply it to {other} as well.</source>
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
        <source>Finds the places where a new training area would improve a model most: where the model is uncertain, unlike its training data, and typical of much of the image.

Draw a polygon around each point, assign its class, train again, and repeat: a few suggested places per round improve the model more than as many random ones. The points are spread over the image and lie in homogeneous patches of 5 by 5 pixels. The same input gives the same points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>There is no place to suggest: the training areas already cover all valid pixels. The model needs other bands: choose the same extra bands as in training. The points lie in cloud: label it as Not water, and the model learns it.</source>
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
        <source>Polygons or points in any CRS. Places lie outside them, and their pixels count as known, which improves the suggestions. Empty = the statistics of the training samples in the model count as known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Number of places to suggest. A few per round work best, since each round builds on the one before.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/suggestpolygons.py"/>
        <source>Points, best first, with the fields reason, score (share of the model's doubt about the scene that a label there settles), probability (of water, as predicted) and novelty (distance to known pixels, in standard deviations).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Balance classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Give water and not water the same total weight, however many samples each has. If water is rare among the samples, more water is found, but there are more false alarms. By default each sample has the same weight.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Expected share of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Approximate share of the image that is water, between 0 and 1. Set it to adapt the probabilities to the image instead of the mix of classes in the training areas. Empty = no change.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Folds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Maximum number of folds of the cross-validation: each training area is held out once and scored by a model trained without it. There are no more folds than the rarer class has areas. 0 = a single split by the validation share.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Validation share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Used only if Folds is 0: share of the training areas of each class set aside for validation. The final model is trained on all areas. 0 = no validation.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Optimizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Gradient descent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Method that minimises the loss; all find the same coefficients. newton is for logistic regression and needs no PyTorch: where that is missing, it takes the place of the others. For a perceptron, try adam if gradient_descent doesn't converge.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Learning rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Step size η. For gradient_descent, 1 is a good value, small values converge slowly and values above 2 diverge. Empty = start with the optimizer's default and reduce it when the loss rises.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Momentum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Share of the previous step added to the next, at least 0 and below 1. Empty = 0.5 for gradient_descent, 0.9 for adam.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Maximum epochs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Maximum number of passes over the samples. Training stops earlier once it has converged.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Batch size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Samples per step. 0 = all samples, which is best unless they don't fit in the memory of the GPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>L2 regularisation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>λ in mean loss + λ/2 · Σ (a · sd)², where a is a coefficient and sd the standard deviation of its band. Larger values make the coefficients smaller and the probabilities less certain. 0 = no regularisation.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Hidden units</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>0 = logistic regression, whose decision boundary is a plane. 1 or more = a perceptron with one hidden layer of this size, whose decision boundary can be curved. A few units, such as 4, are usually enough.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>NVIDIA GPU (CUDA)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Apple GPU (MPS)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Device to train on: an NVIDIA GPU (cuda), an Apple GPU (mps) or the CPU (cpu). auto uses the first that is available.</source>
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
        <source>1 if training converged, else 0</source>
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

x holds the raw green, red and near-infrared values of a pixel, and those of extra bands if there are any. The model is scored on whole training areas that were held out. PyTorch is optional: without it, NumPy alone finds the same coefficients.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>A perceptron or a GPU needs PyTorch, which is missing: run Check setup. Scores on held-out areas are far below those on the training samples: there are too few areas, or they are too similar; draw more, in other places. Training doesn't converge: increase the maximum epochs, leave the learning rate empty, or use newton. All samples are of one class: sample areas of both classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Output of Sample labelled pixels, or any layer or table with the fields class (1 = water, 0 = not water), polygon, scene, and one for each feature.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Fields to use as inputs of the model. Empty = green, red, nir and all fields whose names start with x_.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>File for the trained model: JSON text with the coefficients, which any program can read; it contains no code.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/trainlogisticregression.py"/>
        <source>Choose the output of Sample labelled pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/vectors.py"/>
        <source>“{name}” can't be placed on the image “{image}” ({error}): check the CRS of both layers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/vectors.py"/>
        <source>“{name}” can't be read completely: its file may be truncated, so copy or export it again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/vectors.py"/>
        <source>Feature {feature} of “{name}” is a {shape}: choose a layer of polygons or points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/vectors.py"/>
        <source>Feature {feature} of “{name}” is a {shape}: choose a layer of polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>Virtual raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>{destination} shows {source}, a temporary file, and will be empty once that is gone: save that elsewhere, and run again.</source>
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
        <source>Applies a trained model to an image as a virtual layer: the probability of water is computed whenever the layer is drawn or read.

The file takes some twenty kilobytes and is ready at once, for an image of any size. QGIS and every other program with GDAL 3.4 or newer reads it like any raster, with the values that Predict water probability would write. Large scenes draw quickly if the image has overviews. The file names the image by its full path, so run the algorithm again after moving the image. It supports logistic regression, but not the perceptron.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>The layer is empty after the image was moved: run the algorithm again. Drawing is slow: build overviews of the image (Layer Properties, Pyramids), or run Predict water probability. The model is a perceptron: run Predict water probability, or train with hidden units = 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/virtualwaterprobability.py"/>
        <source>The probability of water in every pixel, on the image's grid, 0 to 1, NoData -9999: a GDAL virtual raster (.vrt).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Water occurrence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>water,occurrence,time series,dates,frequency,seasonal,permanent,flood,jrc,global surface water,raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Computes from water probabilities of one place on many dates the share of valid dates on which each pixel is water, and the number of valid dates.

As in the occurrence layer of the JRC's Global Surface Water (Pekel et al. 2016, doi 10.1038/nature20584), a date on which a pixel is NoData, for example under a cloud, counts neither for nor against water. Further results are optional, and made in the same pass: occurrence in each month of the year, the first and last date of water, and recurrence, after the definitions of that dataset. Extents may differ: the result covers all of them. CRS, pixel size and alignment must be the same. Each raster counts as one date, so merge the tiles of one date first (Build Virtual Raster). The number and size of rasters aren't limited: they are read block by block.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>A raster lies on another grid: the message names it and how to warp it onto the grid of the first. One file is given twice: remove one. The share is coarse with few dates: check the second band. The values aren't probabilities: percent need a scale of 0.01 declared in the file. A raster has no date: neither metadata nor name state one without doubt, so say it with Dates; it counts for the occurrence alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Occurrence by month</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Bands 1 to 12: share of the valid dates in that month of the year, in all years, on which the pixel is water, NoData where none is valid. Band 13: mean of these shares, which is the JRC's occurrence: seasons with many clouds count as much as others. Band 14: seasonality, the number of months with water in any year.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>First and last date of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Bands 1 and 2: first and last date on which the pixel is water, as a number such as 20200812; 0 where it never is, NoData where no date is valid.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Water recurrence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Band 1: share of the years in which water returned, 0 to 1, NoData where there never was any. A year counts if the pixel is valid in it at least once in its season, the months in which it ever was water. Band 2: the number of such years.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/wateroccurrence.py"/>
        <source>Band 1: share of valid dates on which the pixel is water, 0 to 1, NoData -9999 where no date is valid. Band 2: number of valid dates. A GeoTIFF with the extension .tif.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Water area over time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>water,time series,dates,area,hectares,lake,reservoir,trend,monitoring,chart</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Measures how many hectares of given bodies, such as lakes and reservoirs, are water on each date.

The rasters may have different grids and CRSs: each is measured on its own. A pixel belongs to the body that holds its centre, of several to the last, so bodies that touch count none twice; the log names bodies that a later one covers in part. Rasters of one date, such as tiles, become one row a body: a pixel that several of them show counts once, in the first that is valid there. Where rasters of one date overlap on different grids, a body is measured on the grid that shows most of it. Draw bodies as large as they ever get: water outside them isn't counted.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>A raster has no date: neither metadata nor name state one without doubt, so say it with Dates. Water is empty on most dates: clouds hide more than the minimum valid share allows. No raster shows any of the bodies: check the CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Minimum valid share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Bodies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Polygons, such as those of Extract water bodies. They are known by their feature ids.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Hectares are scaled to the whole body if at least this share of it is valid, else they stay empty. 0 to 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>A table with a row per body and date: body (feature id), date, raster, valid (share of the body's pixels), observed_ha (water among them), water_ha (scaled to the whole body, or empty), p_ha (the same of the sum of probabilities, which needs no threshold) and body_ha (the whole body).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Choose a polygon layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Bodies without a pixel of their own in any raster: {count} (ids: {ids}). They are smaller than a pixel, lie outside all rasters, or are covered by a later body.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>{id} ({share})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/algorithms/watertimeseries.py"/>
        <source>Bodies of which a later body covers a part: {count}, with the share covered: {bodies}. What both hold counts for the later one alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/agreement.py"/>
        <source>No point has a label in both layers: choose two copies of the same reference points, each labelled by one person.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>The reference is not a probability sample: its places were chosen, not drawn at random, so it says nothing about the rest of the map. To get an area with an interval, draw points with Sample reference points and label them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>No pixel has both a probability and a reference: check that the two overlap and aren't NoData there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Some values lie outside 0 to 1, so they aren't probabilities: choose a raster of water probability.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>All of the reference is water, so it can't show false alarms: recall is the only score. Add places that aren't water. In a reference raster, check whether its NoData value is the one that means not water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Nothing in the reference is water, so it can't show how much of the water the map finds, nor how much of what it maps is water: scores are left out. Add water to the reference, or check which values mean water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Errors among the {size} points of stratum “{name}”: {errors}. With fewer than {minimum} the standard error itself is uncertain; the interval allows for that and is wide. Label more points there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>No intervals: pixels of a raster aren't independent, and it has no polygons to resample.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>No intervals: they need at least {minimum} polygons of each class, and one class has {fewest}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>No intervals: they need at least {minimum} points of each class, and one class has {fewest}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Bayesian bootstrap over polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Bayesian bootstrap over points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Approximate 95 % intervals from {replicates} Bayesian bootstraps over whole points, class by class. Each class counts one point more, mapped wrongly for the lower end and correctly for the upper, since the reference may have missed such a place. They show how much the scores depend on the choice of places, not how good the map is elsewhere.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>Approximate 95 % intervals from {replicates} Bayesian bootstraps over whole polygons, class by class, since pixels of one polygon resemble each other. Each class counts one polygon more, mapped wrongly for the lower end and correctly for the upper, since the reference may have missed such a place. They show how much the scores depend on the choice of places, not how good the map is elsewhere.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/assess.py"/>
        <source>95 % intervals from {replicates} Bayesian bootstraps over points within strata. Each stratum counts one point more, mapped wrongly for the lower end and correctly for the upper, since the sample may have missed such a place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/estimators.py"/>
        <source>Stratum “{name}” has fewer than two labelled points on the map, so its variance is unknown: label more of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/pairs.py"/>
        <source>The reference is itself a map, made by the model {model}: the scores say how far two maps agree, not how good either of them is. Unless it was corrected by hand, use a reference that was made without a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>A sample needs at least {minimum} points, and a seed that isn't negative.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>The margin is {margin:g} %; it must be above 0 and below 100, or empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>The design {design} is unknown: choose stratified or random.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>An interval of ± {margin:g} % takes more than {maximum} points, since water or errors are so rare: allow a larger margin, or set the number of points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>{raster} has no valid pixel, so no points can be drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>Points for an interval of about ± {margin:g} %, if the map errs twice as often as its probabilities say: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>The CRS distorts areas here by more than 0.5 %, so areas are computed on the ellipsoid.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>Stratum “{stratum}”: {points} points from {pixels} pixels, {area:.2f} ha; each stands for {weight:.6g} pixels. Seed {seed}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>If the map's probabilities are right, about {errors:.1f} of the points of stratum “{stratum}” are mapped wrongly. With fewer than {minimum} the interval of the area will be wide.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>About {points} points would be needed there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>Far more points would be needed there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/reference_points.py"/>
        <source>The map has only {count} valid pixels, so only as many points are drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>The points hold the strata {names}: a stratified and a random sample were merged. Assess accuracy with one of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>Points left out because another one lies at the same place: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>Points without a class before the last labelled one: {count}. The first points are a sample by themselves, but places that were skipped, such as difficult ones, are missing from it: label them too, or scores and areas are biased towards the easy ones.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>Stratum “{stratum}” has {points} points, but its area of {area:g} ha holds only {pixels:.0f} pixels: the area was changed. Restore it from the layer that Sample reference points wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>Only {points} of the {sampled:.0f} points that were drawn in stratum “{stratum}” are in the reference. Unless they were left out by chance, accuracy and area are biased: look for a filter, a selection or deleted points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>{points} points of stratum “{stratum}” are in the reference, but only {sampled:.0f} were drawn. Unless two random samples of one map were merged, the others lie where somebody put them: scores and area are biased, and their intervals too narrow. Delete them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>The field “{field}” of a point in stratum “{stratum}” holds {value}, which is impossible: draw the points again with Sample reference points, or restore the field from the layer that it wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>The field “{field}” holds both {first:g} and {second:g} in stratum “{stratum}”: points of several samples were merged, or values changed. Assess accuracy with one sample as Sample reference points wrote it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>No point of stratum “{stratum}” is in the reference: its strata have {sample:.6g} ha, and the map has {map:.6g} ha. So the points aren't a probability sample of the map, and the area of water can't be estimated. Assess with all points that Sample reference points drew: look for a filter, a selection or deleted points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>The sample was drawn from {sample:.6g} ha, and this map has {map:.6g} ha with a probability: the scores are those of the sampled extent, and the area of water on this map isn't estimated. Draw points from this map, or assess the one that they were drawn from.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>The points of stratum “{stratum}” can't have been drawn from the {area:.6g} ha recorded for it: too few of them lie in one class of this map. The area was changed, or points were left out by what they show, so the area of water can't be estimated. Assess with the points and fields that Sample reference points wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/sampling_design.py"/>
        <source>Points that lie in another stratum of this map than the one they were sampled from: {count}. They were moved, so the points are no probability sample, and the area of water can't be estimated. Restore the places that Sample reference points wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/thresholds.py"/>
        <source>The threshold is {threshold:g}: give a probability from 0 to 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/accuracy/training_places.py"/>
        <source>The reference contains places that the map was trained on: {hits} of {count} training areas lie in it. There a map looks better than it is elsewhere. Assess accuracy with places that weren't used for training.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/listing.py"/>
        <source>{file} doesn't exist, or can't be opened: choose the folder, archive or file that was downloaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/listing.py"/>
        <source>{folder} holds more than {count} files: choose the folder of one product, or a file in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/listing.py"/>
        <source>{file} can't be read as an archive: it may be incomplete. Download it again, or unpack it and choose its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/listing.py"/>
        <source>{file} can't be read as metadata: it is missing or too large.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/listing.py"/>
        <source>{file} can't be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/listing.py"/>
        <source>{file} is damaged: it doesn't have the length that it states. Download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/product.py"/>
        <source>band {number} of {file}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/product.py"/>
        <source>{product} has no band for {missing}. It has {roles}: {files}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/product.py"/>
        <source>Several files may be the {role} band: {files}. Choose one of them as the input, or give the bands one by one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>The archive is compressed as a whole, so reading pixels from it is slow: unpack it, and choose its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>Given twice: {files}. Give one file for each band.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>{files} have several bands: give one such file as the input instead of a list of single-band files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>The names of {known} say which band they are, but not those of {unknown}: remove these, or rename all files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>{given} holds several images: {scenes}. Choose a file of the one you mean.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>Of the scanner's two near-infrared bands, the one from 0.8 to 1.1 µm is taken; the other one is nir_short.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>Clouds are drawn as polygons in {file}, which no virtual raster can show: subtract them from the area that you map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>Several files may say which pixels are clear: {files}. Remove the copy.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>{file} doesn't say which of its bands are green, red and near infrared: use it as the image itself, and choose its bands by number. It has {bands}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>{given} holds no image of a known kind ({files}): choose a file of the image, or give its single-band files in the order green, red, near infrared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>no file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>{given} holds several images: {files}. Choose the one you mean.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>The names of the files don't say which are green, red and near infrared ({files}): give single-band files in this order.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>Not used, as the name says no band: {files}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>{count} files are given ({files}) for {roles}: give one each, in this order, or name the others' roles in Extra bands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>By the order given {file} would be {role}, but its name says {claimed}: give the files in the order {roles}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>The names of the files don't say which bands they are, so the order counts: {pairs}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/read.py"/>
        <source>The files are of different scenes or dates: {files}. Give those of one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{folder} lacks its metadata (MTD_MSIL….xml), so neither scale nor offset is declared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} states no quantification value: it may be incomplete. Download the product again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} states no offset for {bands}, but for other bands: it may be incomplete. Download the product again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{scene} has no metadata (…_MTL.txt) beside it, so neither scale nor offset is declared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} holds no metadata of Landsat: it may be empty, or an error page. Download the metadata again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} is of {date}, but the files beside it are of {other}: download them again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} states no reflectance, so neither scale nor offset is declared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} has no metadata with reflectance coefficients beside it, so no scale is declared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file} is incomplete: its end is missing. Download the metadata again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/scaling.py"/>
        <source>{file}: “{text}” is not a number. Download the metadata again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>{file} can't be read as JSON: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>{file} describes several images ({kind}): choose the JSON of one item.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>{file} isn't a valid STAC item: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>it has more than {count} bands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>The offset is applied to the pixel values already, says the item, so none is declared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>The item states no scale: what the files themselves declare counts.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stac.py"/>
        <source>{files} may be of {item} or of {other}, which give their files the same names: put each into a folder of its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>{mask}, where the mask of clear pixels goes, is another file: choose another name for the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>{file}: a virtual raster has room for one NoData value, and the layer's properties have more: set them there again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>{mask}, the mask of an earlier image, was removed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>Further bands, which Extra bands takes: {roles}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>{file}: its metadata state a scale of {scale:g}. Download the metadata again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>The metadata state no scale for {files}, but for other bands: they may be incomplete. Download them again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>{file} has no georeference, or a rotated one, so its pixel size can't be changed: leave the resolution empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>The resolution is {resolution:g}, but pixels of {file} are {pixel:g} wide, and the image {width:g} by {height:g}, in units of its CRS, {crs}: choose one in between, or leave it empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>its CRS is {own} instead of {wanted}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>one of them has no georeference, or their sizes differ</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>their georeferences are rotated and differ</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>its edges are up to {pixels:g} pixels away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/archives/stack.py"/>
        <source>{file} lies on another grid than {first}: {difference}. Give bands of one image, or warp it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/bands.py"/>
        <source>displayed as {colour}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/bands.py"/>
        <source>no description</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/bands.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>{name} = band {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/many.py"/>
        <source>A Dask scheduler is given, but this Python lacks {missing}: install it (Help, Cluster), or leave the address empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/many.py"/>
        <source>The worker {worker} doesn't see the folder {folder}, or may not write there: choose one that all machines share.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/meter.py"/>
        <source>{ended} of {scenes} scenes, {share:.0%} of the pixels; about {time} left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/mosaic.py"/>
        <source>{result} has no georeference, so it isn't in {mosaic}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/mosaic.py"/>
        <source>{result} has no CRS, so it isn't in {mosaic}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/mosaic.py"/>
        <source>No result has a georeference, so {mosaic} can't be made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/mosaic.py"/>
        <source>The virtual raster shows one date of each place, but {count} places have several, such as {days}. Choose the images of one date, or use Water occurrence or Water area over time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/mosaic.py"/>
        <source>{result} can't be warped to the mosaic's CRS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/planning.py"/>
        <source>The maximum number of pixels of a scene is {count}: it must be at least 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/results.py"/>
        <source>{destination} was made of {other}, and is replaced.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/results.py"/>
        <source>{destination} exists and was made of {other}, which shows another place, so it isn't replaced: choose another folder for the results, or move the file away.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/results.py"/>
        <source>{destination} exists and isn't a result of this plugin, or can't be read, so it isn't replaced: choose another folder for the results, or move the file away.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/results.py"/>
        <source>{other} stays beside {destination}: it is an earlier result of the name, which you may want to delete.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>{folder} isn't a folder: choose one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>The folder {folder} doesn't exist: choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>No file in {folder} is named as {pattern}: choose another folder or pattern, such as *.tif or **/*.jp2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>The next run would take the results for images: {pattern} finds {result} in the folder of the images. Choose another folder for the results, which may be in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>The folder {folder} can't be read ({reason}), so its images aren't known: get permission to read it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>The pattern {pattern} can't be understood ({reason}): write it like *.tif, tile_[0-9]*.tif or **/*.jp2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>No raster is given: choose rasters, or a folder and a pattern.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>{raster} is given twice: give each raster once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/scenes.py"/>
        <source>{raster} is one of the rasters itself: choose another folder for the results.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>The folder {folder} can't be read: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>The folder {folder} can't be listed whole ({reason}): run again when the server answers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>the server gives no reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>The folder {folder} can't be made: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>The folder {folder} can't be written to: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>{name} can't be written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/storage.py"/>
        <source>{name} can't be written: the server didn't take all of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/tasks.py"/>
        <source>{source} was changed while it was being read. Run again once it stays as it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/tasks.py"/>
        <source>{piece} was removed while the other pieces were computed. Run again to compute it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>{name} {theirs} there, {ours} here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>The scheduler doesn't fit: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>The worker {address} can't compute: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>{name} {theirs} there, {ours} on {address}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>The worker {address} doesn't fit: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>{name} {theirs} on the workers, {ours} here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>Install the same there as here, or start scheduler and workers from one environment (Help, Cluster).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/versions.py"/>
        <source>Python there has no module {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>The connection to the Dask scheduler is lost. If the scheduler has ended, start it again; then run again: what is finished is kept and skipped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>Dask lost the task: run again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>Several workers died while computing it: see their logs, and whether they have enough memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>No Dask scheduler answers at {address}: start one with `dask scheduler`, or correct the address, such as tcp://host:8786.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>{difference}: results are those of the workers' versions.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>Computing on the Dask cluster at {address}. Workers: {workers}; threads: {threads}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>The connection to {address} isn't encrypted, and whoever reaches that port can run programs on the cluster: keep others out with a firewall, or use TLS (Help, Cluster).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>Dashboard: {link}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>The Dask scheduler at {address} has no worker yet: waiting for one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/cluster/workers.py"/>
        <source>No worker joined the Dask scheduler at {address}: start some with `dask worker {address}`.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/grid.py"/>
        <source>The extent {extent} is empty or outside the raster, which covers {own}: choose one that overlaps the raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/grid.py"/>
        <source>The raster has no georeference, so positions on it are unknown: assign one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/grid.py"/>
        <source>x {xmin:.10g} to {xmax:.10g}, y {ymin:.10g} to {ymax:.10g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/extraction.py"/>
        <source>The outlines can't be read back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/extraction.py"/>
        <source>Water bodies: {count}, with a total area of {area:.6g} ha, at p ≥ {threshold:.4g}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/extraction.py"/>
        <source>There is no water body: no valid pixel reaches the threshold, or all bodies are smaller than the minimum area.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/extraction.py"/>
        <source>{path} has no recommended threshold: its model has none, or another program wrote it. Train with held-out training areas and predict again, or choose the method fixed or otsu.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/extraction.py"/>
        <source>Otsu's method separates two groups of pixels, but {path} holds only one probability or none: choose the method fixed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/extraction.py"/>
        <source>The outlines can't be drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/grow.py"/>
        <source>The region can't be outlined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/labels.py"/>
        <source>The method is {method!r}: choose {choices}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/labels.py"/>
        <source>The connectedness is {connectedness}: choose 4 or 8.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/labels.py"/>
        <source>The shore is {shore!r}: choose {choices}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/labels.py"/>
        <source>The minimum area is {area}: give 0 or more square metres.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/labels.py"/>
        <source>The maximum area of holes to fill is {area}: give 0 or more square metres.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/labels.py"/>
        <source>There are more than two billion separate water bodies: raise the threshold.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>{path} can't be used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>No raster is given: choose rasters of water probability of one place, one per date.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>{raster} and {other} are one file, which would count as two dates: leave one out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>{raster} contains {other}, which would count as two dates: leave one out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>No raster has a date, neither in metadata nor in its name, so months, first and last dates and recurrence are unknown. Say the dates with the parameter for dates, or leave these outputs out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>{raster} is the water occurrence of several dates, which would count as one date: leave it out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>Rasters that overlap no other: {count}, the first of them {raster}. Check that all show the same place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>Extents differ: the result covers all of them, {width} × {height} pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>{first} and {second} overlap and are both of {day}, but count as two dates: merge the tiles of one date first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>{dates} rasters; {observed} of {total} pixels are valid on at least one date; the maximum is {max_dates} dates.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/occurrence.py"/>
        <source>No pixel is valid on any date, so the result is all NoData: check the NoData values of the rasters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/rings.py"/>
        <source>The outlines can't be drawn: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/rings.py"/>
        <source>The outlines can't be read back: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/timeseries.py"/>
        <source>The minimum valid share is {share}: give 0 to 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/maps/timeseries.py"/>
        <source>No raster shows any of the bodies: check that they lie in the same place, and the CRS of both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>DATES is neither a table (.csv) nor a regular expression: {error} in {text}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>DATES has no group: put the date into parentheses, as in _(\d{{8}})_, or name groups year, month and day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>Rasters without a date in metadata or name, or with a doubtful one: {count}: {names}. Give it in the parameter for dates.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>The table of dates {path} is a folder, a pipe or a device: choose a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>The table of dates {path} can't be read: {error}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>Line {number} of {path} has no date YYYY-MM-DD in its second column, or another date for a file named before: {row}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/dates.py"/>
        <source>The table of dates {path} names no file: give a line for each raster, with its name and its date.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Band {number} is out of range: the image has {bands}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>chosen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>chosen, then {way}</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>{n} bands can't be told from the others, {roles}: choose them by number. The image has {bands}.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Band {band} is chosen twice, but each input needs a different band: the image has {bands}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>green</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>red</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>near-infrared</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>{n} bands: {bands}</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Landsat 8 and 9</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Landsat 4 to 7</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Usual numbers of green, red and near-infrared – {numbers}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Band {band} was chosen as the {role} band, but {conflict}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>found by band description</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>found by wavelength</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>found by file name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>found by colour interpretation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>Band {band} was identified as the {role} band, but {conflict}. The image's metadata is contradictory: choose the bands by number. The image has {bands}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>found by several kinds of metadata</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>it is described as “{description}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>its wavelength is {wavelength:g} nm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/metadata/roles.py"/>
        <source>its band code is {code}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>The image declares scale {scale:g} and offset {offset:g} for {name}, and the model {own_scale:g} and {own_offset:g}: values can't be converted between them. Correct the image's scale and offset.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>The statistics, scale or offset of the model's input {name} aren't all finite.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>The model's threshold is {threshold}, which lies outside 0…1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>A layer with weights of shape {shape} and {biases} biases doesn't fit {width} inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>A weight of the model isn't a finite number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>A model has one or two layers and a single output.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>A perceptron has no single formula: train with 0 hidden units for logistic regression.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>The model needs {n} bands ({names}), not {given}.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>There is no formula dialect called {dialect!r}; choose plain, qgis or gdal_calc.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>A model needs at least one input, and each input a different name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model.py"/>
        <source>The input name “{name}” can't be stored in a model file: use 1 to {maximum} characters without line breaks or other control characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>{path} isn't a file, so it can't be read as a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>The model file {path} can't be read: {error}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>{path} can't be used as a model: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>The model can't be written to a file that could be read again: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it has no "format": "{format}", so another program wrote it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"version" isn't a positive whole number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it has version {version}, and this plugin reads up to {newest}: update the plugin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>{inputs} inputs and {hidden} hidden units make a model too large for its file, which holds {maximum} MiB: choose fewer extra bands or hidden units.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"coefficients" and "inputs" don't name the same inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"layers" disagrees with "coefficients" and "intercept", so it isn't clear which model is meant.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"{where}" isn't a whole matrix with one bias a row.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it is larger than {maximum} MiB, and a model has a few kilobytes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it isn't UTF-8 text.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it holds half of a character (a lone surrogate), which no text can hold.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it isn't whole JSON ({error}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>the document</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it is nested too deeply for a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it has far more parts than a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it holds {token}, and a model's numbers are finite.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>it holds the key {key} twice, so it isn't clear which value is meant.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>{name} isn't a JSON object.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"{name}" isn't a list of at least {minimum} and at most 4096 entries.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"{name}" isn't a finite number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/model_json.py"/>
        <source>"{name}" isn't a text of 1 to {maximum} characters without control characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>The model needs {names}, but the chosen bands are {given}: choose the same bands as in training, extra bands included.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>The image declares a different scale or offset than the training image: pixel values are converted.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>Only one of the training image and this image declares scale and offset for {names}, so raw values are used unchanged: check that both are in the same units.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>The image has data type {here}, but the model was trained on {trained}: unless both are in the same units, the probabilities are meaningless.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>The files behind this virtual raster declare band {band} as alpha, but it is an input here: where it is 0, the other bands of the virtual raster read 0 too. To get their values, run gdal_edit.py -colorinterp_{band} undefined on each file and build the virtual raster again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>The image is stored in blocks of {width} × {height} pixels, and reading any part of a block decompresses all of it. That takes far more time and memory than tiles do. To rewrite the image in tiles: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE -co BIGTIFF=IF_SAFER IMAGE TILED.tif</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/adapt.py"/>
        <source>Several bands have the same description ({names}), so only their order tells them apart: check that it is the same in every image that the model is trained or used on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/mask.py"/>
        <source>A mask is either polygons or a raster, not both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/mask.py"/>
        <source>The mask contains no polygon, so no pixel would be kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>Data type {data_type} as {format} isn't known: choose float32 or uint8, gtiff or cog.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>The extent reaches beyond the image: the result covers the part inside.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>{valid} of {total} pixels have a probability; {invalid} are NoData.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>No pixel is valid, so the result is all NoData: check NoData values, mask and extent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>About {share:.1%} of the pixels hold {value:g} in every band, and are mapped like any other.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>{name} {minimum:g} to {maximum:g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/predict.py"/>
        <source>About {share:.0%} of the pixels lie outside the range of values seen in training ({ranges}). The usual causes are surfaces that no training area covers, another sensor, or Sentinel-2's offset of 1000, which differs before and after processing baseline 04.00.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>Only {chosen} of {count} places are suggested: the rest of the image resembles what is already known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>The number of places is {count}: give 1 to {maximum}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>There is no place to suggest: no patch of {size} × {size} pixels is valid in every band and outside the areas drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>The model is unsure, and was trained on nothing like it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>The model is unsure.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>The model was trained on nothing like it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/suggest.py"/>
        <source>It is typical of much that is still unlabelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/virtual.py"/>
        <source>{raster} has invalid pixels that it doesn't declare: missing tiles or gaps that no NoData value marks, or masks or NoData values of files behind a virtual raster. This result holds probabilities there, where Predict water probability writes NoData: use that instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/virtual.py"/>
        <source>A virtual raster can compute logistic regression only, and this model is a perceptron: use Predict water probability, or train with hidden units = 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/virtual.py"/>
        <source>Band {band} holds signed bytes, which a virtual raster would read as unsigned: save the image as Int16 first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/virtual.py"/>
        <source>{destination} would not be readable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/prediction/virtual.py"/>
        <source>{error} Virtual probabilities need the pixel functions of GDAL 3.4 or newer: use Predict water probability instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/progress.py"/>
        <source>Cancelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/collisions.py"/>
        <source>The input {input} is in the output folder {folder}: choose another folder for the results.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/collisions.py"/>
        <source>The outputs {first} and {second} can't both be written: choose different names.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/collisions.py"/>
        <source>{destination} is inside the input {input}: choose another folder for the result.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/collisions.py"/>
        <source>{destination} is read as part of the input {input}: choose another name for the result.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>Assign what is missing first: Raster, Projections, Assign Projection in QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>{raster} lies on another grid than {first}: {difference}. {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>one of them has no georeference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>one of them has no known CRS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>neither has a georeference, and their sizes differ</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>its rows or columns run in another direction</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>its pixels measure {own} instead of {wanted}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>its pixels are shifted by {across:.3g} columns and {down:.3g} rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>Bring it onto the grid of {raster} first: Raster, Projections, Warp in QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/common_grid.py"/>
        <source>Bring it onto the grid of {raster} first: Raster, Projections, Warp in QGIS, or {command}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/completeness.py"/>
        <source>{path} can't be opened as a raster: its name isn't UTF-8. Rename it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/completeness.py"/>
        <source>{path} can't be opened as a raster: it is a pipe, a socket or a device, not a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/completeness.py"/>
        <source>{path} is truncated: it has {size} bytes, but its pixels need {needed}. Copy or download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/completeness.py"/>
        <source>{doing}: {name} was removed while it was being read. Run again when no other program changes it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/completeness.py"/>
        <source>{doing}: {name} was changed while it was being read. Run again when no other program changes it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/completeness.py"/>
        <source>{path} is incomplete: {index} lists {shapes} features, but {attributes} has {rows}. Copy all of its files again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/creation_options.py"/>
        <source>“{option}” is not a creation option: write KEY=VALUE, and separate several by |.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/creation_options.py"/>
        <source>{option}: GDAL's {driver} driver has no such creation option and would ignore it. Available: {known}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/creation_options.py"/>
        <source>{option}: a result has the pixels of its image: leave the option out, and warp the result afterwards.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/creation_options.py"/>
        <source>{option}: the file that it writes beside the result can be that of another image: leave the option out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/creation_options.py"/>
        <source>{option}: GDAL's {driver} driver has no such compression. Available: {known}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/describe.py"/>
        <source>{source} has several bands of the description that the model's input {names} is named after, so it is unclear which one is meant: choose extra bands by number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/describe.py"/>
        <source>{source} has no band called {names}, which the model needs besides green, red and nir: choose extra bands by number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/gdal_errors.py"/>
        <source>GDAL's message isn't UTF-8</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/gdal_errors.py"/>
        <source>no reason given by GDAL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>{destination} doesn't end in .tif: rasters are written as GeoTIFF.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>{destination} can't be created</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>{what}: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>{destination} can't be written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{destination} was not written completely</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>{destination} can't be converted to a Cloud Optimized GeoTIFF</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>The result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>The creation options {options} can't be used: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/geotiff.py"/>
        <source>{file} would georeference {destination}, though the image has no georeference: choose another name, or move that file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/pixel_area.py"/>
        <source>The raster has no known CRS or georeference, so the area of its pixels is unknown: assign one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/pixel_area.py"/>
        <source>The coordinates of the raster, {span}, don't fit its CRS, {crs}, which counts in degrees, so the area of its pixels is unknown: assign the right CRS first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/probability_raster.py"/>
        <source>{path} holds values from {minimum:g} to {maximum:g}, and a probability lies between 0 and 1: choose a water probability raster. Percentages need a scale of 0.01 declared in the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/rasterize.py"/>
        <source>The polygons can't be rasterized</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/regrid.py"/>
        <source>{path} has another grid than the image, and one of them has no known CRS or georeference: assign it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/reprojection.py"/>
        <source>The CRS of a layer is invalid: {crs}. Set it again (right-click the layer, Layer CRS, Set Layer CRS).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/reprojection.py"/>
        <source>Coordinates can't be transformed from {source} to {target}: check the CRS of both layers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>{path} can't be opened as a raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>The georeference of {path} has NaN or infinite values ({values}): assign a valid one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>The georeference of {path} gives its pixels zero area ({values}): assign a valid one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>Band {band} of {path} has data type {type}, but real numbers are needed: convert it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>Band {band} of {path} declares the invalid scale {scale} or offset {offset}: correct them, for example with gdal_edit.py -scale 1 -offset 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/source.py"/>
        <source>{path} can't be read at columns {column} to {last_column}, rows {row} to {last_row}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/validity.py"/>
        <source>If the image has no data there, as around a clipped or warped one, set {value:g} as its NoData value: Layer Properties, Transparency, or gdal_edit.py -a_nodata {value:g}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{destination} can't be read back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{destination} doesn't contain the values that were written. The creation options ({options}) change them: omit them, or choose a lossless compression such as COMPRESS=DEFLATE.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>(none)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{destination} was not written completely: tiles are missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{path} can't be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{path} isn't whole: the tile in column {column}, row {row} is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/verification.py"/>
        <source>{path} isn't what was written: its values don't have the statistics that it states.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/vrt_document.py"/>
        <source>{destination} doesn't end in {suffix}: this output is a GDAL virtual raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/vrt_document.py"/>
        <source>The virtual raster can't be made</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/vrt_document.py"/>
        <source>{destination} contains an address with credentials, which GDAL needs to open its source: don't share the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/vrt_sources.py"/>
        <source>{path} is a virtual raster that contains itself, or lies within more than {count} others: build it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/vrt_sources.py"/>
        <source>{doing}: {name} has {width} × {height} pixels, but had {full_width} × {full_height} when the virtual raster was built. Build the virtual raster again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/raster/vrt_xml.py"/>
        <source>The virtual raster can't be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>What was done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Can it be trusted?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>The area of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Scores</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Two people's labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Accuracy of {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Water at p ≥ {threshold:g}, compared with “{reference}”: labelled polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Water at p ≥ {threshold:g}, compared with “{reference}”: labelled points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Water at p ≥ {threshold:g}, compared with “{reference}”: a class raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Water at p ≥ {threshold:g}, compared with “{reference}”: a labelled random sample of points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>hectares of water; 95 % interval {low} to {high}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>hectares mapped as water; no range: label random points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>F1 of water, from polygons: {water} of water, {other} of other surfaces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>F1 of water, from pixels of a raster: {water} of water, {other} of other surfaces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>F1 of water, from points: {water} of water, {other} of other surfaces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Every pixel of “{name}” with a class in the reference was compared: {water} pixels of water and {other} of other surfaces.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>They are from {water} points on water and {other} on other surfaces.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>They are from {water} polygons of water and {other} of other surfaces.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>A pixel is mapped as water if its probability is at least {threshold:g}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Left out: {left}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>{count} without a probability on the map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>{count} without a class in the reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>{count} in polygons of both classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>{n} features outside the map</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>{n} features without a class</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Pixels without a probability are transparent. Water: at least {least}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Dots: the labelled points that the map has wrong, with their ids. Red: water that it misses; yellow: land mapped as water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>None of the labelled points is mapped wrongly.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Probability of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Two people labelled {n} points and agree on {share} of them.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Fewer than {least} are of one class, too few for Cohen's kappa to say anything.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Cohen's kappa is {kappa:.2f}: agreement beyond chance, where 1 is perfect (doi 10.1177/001316446002000104).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Points that only one of them labelled: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>They differ on these features of the first layer: {ids}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>not water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>first person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>second: {label}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>feature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>second layer's</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>second person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Points count equally here. Look at those on which the two differ together: where people can't agree, no map can be right.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>{area} ({share} of the map)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>mapped as water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>estimated area of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>standard error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>95 % interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>There is no interval. {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Estimated as by Olofsson et al. (2014), doi 10.1016/j.rse.2014.02.015. Counting pixels of the map would be biased by its errors. The interval consists of Wilson's limits of each stratum (Zou &amp; Donner 2008, doi 10.1002/sim.3095), wider where errors or points are few: there ± 1.96 standard errors would be too narrow.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>stratum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>labelled points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>errors among them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Compared pixels at p ≥ {threshold:g}. Each row adds up to 100 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Compared pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Weighted by the area that each point represents, as fractions of the mapped area.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Confusion matrix by area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>On compared pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>On compared pixels, weighted by area.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>Unweighted, each point counting equally:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>This map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <source>in the reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/assessment_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>mapped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>epoch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>loss (nats per pixel, log scale)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>The training loss fell from {first:.3g} to {last:.3g} in {count} epochs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>If the curve is still falling at its end, allow more epochs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Loss over epochs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>probability of water (log-odds scale; the outermost bars include all values beyond)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>share of the class (square-root scale)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>water ↑</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>not water ↓</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>{water} of the water pixels and {other} of the other pixels have a probability of at least 0.5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Probability by class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>false alarm rate: share of other pixels mapped as water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>recall: share of water found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>The area under the curve (AUC) is {auc:.4f}; 1 is perfect, 0.5 is random.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>ROC curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>precision: share of mapped water that is water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Average precision is {average_precision:.4f}, with {share} of the pixels being water. Dashed line: precision if everything is mapped as water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Precision and recall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>predicted probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>observed fraction of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>On the dashed line, 3 of 10 pixels with a probability of 30 % are water. Below it probabilities are too high, above it too low. Larger dots represent more pixels. Expected calibration error: {error}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Reliability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>share of water in the scene (log scale)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>F1 of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>{label}: {share}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>F1 with the recall and false alarm rate found on this reference, by the share of water in a scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>F1 with the recall and false alarm rate found on held-out polygons, by the share of water in a scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>The rarer water is, the more false alarms matter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>The band extends from weighting by pixels to weighting by polygons. For the line, polygons are weighted by the square root of their pixels, as a compromise.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Expected F1 in a scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>{share} of the row</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Confusion matrix</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Precision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Recall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Intersection over union</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Area under the ROC curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Average precision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Log-loss (nats)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>Expected calibration error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <source>score at p ≥ {threshold:g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/diagrams.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>Mapped as water (p ≥ {threshold:.3g}): {area} ha. No range is known without labelled random points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>No F1 to expect: that takes at least three areas of each class. Drawn: {water} of water, {other} of other surfaces.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>F1 to expect in the image: {low:.2f} to {high:.2f}, from {water} areas of water and {other} of other surfaces.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>{water} of water, {other} of other surfaces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>F1 to expect in the image, from areas: {basis}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>F1 on areas left out: {basis}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>F1 unknown, from areas: {basis}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <source>precision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/headline.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>recall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/heldout.py"/>
        <source>This model, p ≥ 0.5</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/heldout.py"/>
        <source>model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/heldout.py"/>
        <source>{rule} (Otsu's threshold of the samples)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/heldout.py"/>
        <source>{rule} (Otsu's threshold of the scene)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>Repeat this run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>Command line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>Reports need jinja2, which comes with QGIS, but isn't installed in this Python: install it, or run without a report.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>Made with IPEO Water {version}. This page is self-contained and loads nothing from the network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>Mapped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/page.py"/>
        <source>Reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>Samples and decision plane</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>3D plot of the samples by green, red and near infrared. Use the arrow keys to rotate, plus and minus to zoom, Home to reset.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>The decision boundary of a perceptron isn't a plane and isn't drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>The plane p = 0.5 lies outside the samples shown.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>The plane shows p = 0.5, with {inputs} at their means.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>The plane shows p = 0.5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>Blue: water. Ochre: not water. The axes are raw pixel values.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>Drag or use the arrow keys to rotate, + and − to zoom; double-click to reset.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/scatter.py"/>
        <source>Samples of both classes in the space of green, red and near infrared, and the plane that separates them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Hectares of water of each body on each date, scaled to the whole body where at least {share} of it was valid. Other dates are gaps.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Water over time: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>No raster has a date, so there is nothing to show over time. Say the dates, and run it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>bodies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>dates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>first date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>last date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Where they are</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Largest changes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>All bodies by size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Charts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>No body has a trend: that takes dates with enough valid pixels at the same time of year in {years} years. In fewer, seasons and wet years can't be told from a trend.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>{certain} of {all} bodies with a trend differ from no trend at p &lt; {level}; about {chance} would by chance alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Body</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Trend, ha a year</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>95 % interval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>{lower} to {upper}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Hectares. The trend is Theil and Sen's slope with its 95 % interval (Sen 1968), which allows for half a pixel on each date, in hectares per year; p is that of Mann and Kendall's test (Mann 1945, Kendall 1975). Both compare only dates of different years that are at most a month apart in the year, so that a season isn't taken for a trend (Hirsch, Slack &amp; Smith 1982), and take what the dates of a year say for one thing, so that a wet year isn't. They need {years} years, and take years for independent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Minimum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Maximum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Last</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Trend</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>hectares</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>{area:.4g} ha in all. Larger dots show more of the body.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Trend {slope} ha a year ({between}), p = {p}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Hectares of water of {name} over time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Map of the bodies, each as a dot</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <source>Each dot is a body, in proportion to its size, with north at the top as in its layer; the {count} largest are named.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/series_report.py"/>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/thumbnails.py"/>
        <source>The picture can't be encoded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The training areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Scores on held-out polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Thresholds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Water model trained on {scenes}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Water probability of {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>gradient descent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Newton's method</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Logistic regression on {inputs}, trained with {optimizer} on {pixels} labelled pixels ({date}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Perceptron with {units} hidden units on {inputs}, trained with {optimizer} on {pixels} labelled pixels ({date}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The raw values of pixels inside the training areas were sampled from {scenes}. Pixels of water: {water} (polygons: {water_polygons}). Pixels of other surfaces: {other} (polygons: {other_polygons}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>{n} pixels in areas of both classes were left out.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>A perceptron then fitted the decision boundary that best separates water from everything else.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Logistic regression then fitted the plane in feature space that best separates water from everything else. The farther a pixel lies from the plane, the more certain the model is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>For validation, some of the polygons were held out and mapped by a model trained on the other polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>For validation, each polygon was held out once and mapped by a model trained on the other polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The scores below come from these held-out polygons only. The final model is trained on all polygons, so the scores are an estimate of the procedure rather than of this model, which has seen more data.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The final model was applied to “{name}”: all {valid} pixels have a probability.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The final model was applied to “{name}”: {valid} pixels have a probability, and {invalid} have none because they are NoData in at least one band, or masked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Near infrared, red and green displayed as red, green and blue. Bands: {bands}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Dots: the training areas, as classified by models trained without them. Green: at least 90 % of the pixels right; yellow: at least half; red: less, with the area's id.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Pixels without a probability are transparent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>At p ≥ 0.5, {share} of the map is water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>False-colour image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>Formula, for raw pixel values (rounded)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>coefficient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>per standard deviation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>mean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>standard deviation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>training range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>The third column makes inputs comparable: the change in the log-odds of water per standard deviation of the input.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>A perceptron has no short formula: use its model file with Predict water probability.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>For the QGIS raster calculator (replace image@… by your layer and band)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>For the QGIS raster calculator, with the image loaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>For gdal_calc.py on the command line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>epochs run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>converged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>model (SHA-256)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>versions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>pixels of {width:g} × {height:g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>scene “{name}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>setting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_report.py"/>
        <source>record</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>There are no scores, because no polygons were held out. Validation needs at least two polygons of each class, preferably ten. The scores on training pixels, under Training, don't say how good the map is elsewhere.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>On held-out polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>On held-out polygons, with pixels weighted so that {share} are water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Pixels of held-out polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Pixels of held-out polygons at p ≥ 0.5. Each row adds up to 100 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>A model trained without an area classified its pixels. Where it fails, nothing else that was drawn looks like the area: draw more of its kind, or check its class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Area {id} ({kind}, {pixels} pixels): {right} right when left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>The {shown} areas with the lowest share, of {all}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>right when left out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>{share} of the held-out pixels are water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>{share} of the held-out pixels are water. Scores that depend on this share are computed with pixels weighted to {meant}, the share that probabilities are adjusted to.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>At their better end they reach as far as those of the final model, which has seen all polygons and so does better.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>best F1 at {threshold:.3g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>adjusted to the expected share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>as trained</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>share of water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>expected F1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>weighted by pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>weighted by polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>held-out pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>expected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>All on the same held-out pixels. NDWI = (green − nir) / (green + nir). Otsu's threshold best separates the modes of its histogram.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Simple rules need green and near infrared, which aren't both inputs of this model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>precision at {share} water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>rule</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>false alarms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>No threshold could be chosen from the data. That needs at least two held-out polygons of each class, since a threshold must not be scored on the pixels it was chosen on. Use 0.5, hold out more polygons, or use cross-validation.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>At 0.5, {share} of the map is water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>That is the default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>It is not better than 0.5, so the model file recommends 0.5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>It is better than 0.5, so the model file recommends it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>With so little reference data this is uncertain.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>The threshold with the best F1 on held-out pixels is {threshold:.3g}. Its score is cross-fitted over {folds} folds of polygons: each fold is mapped with the threshold that is best on the other folds, so no threshold is scored on the pixels it was chosen on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>F1 on held-out polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>held-out pixels mapped as water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>{threshold:.4g} (best F1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>of the map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Pixels are weighted so that {share} are water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Loss (nats)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Scores on training pixels are too optimistic.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>Neither column includes the adjustment of the log-odds to the expected share of water, {added}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/training_scores.py"/>
        <source>training pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>This speaks of places like those drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Training stopped before it converged: the coefficients would still change. Allow more epochs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The model classifies every training pixel correctly, so the data doesn't determine how steep it should be, and probabilities near 0 and 1 are overconfident. Draw some difficult areas too, such as banks, shadows and shallow water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>This speaks of the whole area that was sampled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>This speaks of pixels with a class in the reference.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>This speaks of places like those of the reference.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>F1 is {f1:.3f}, with a 95 % interval from {low:.2f} to {high:.2f}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>F1 is {f1:.3f}, but its 95 % interval from {low:.2f} to {high:.2f} is wide: more places would narrow it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>No polygons were held out, as requested, so the accuracy outside the training areas is unknown. Scores on training pixels are too optimistic.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>No polygons were held out, which takes at least two of each class, so the accuracy outside the training areas is unknown. Scores on training pixels are too optimistic. Draw more polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Scores come from polygons that weren't used for training, {water} of water and {other} of other surfaces, and speak of places like those drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>With fewer than {minimum} of each class there is no interval, and another choice of polygons could give very different scores. Draw more polygons, in other places.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The model outperforms simple rules: its F1 on held-out pixels is {own:.3f}, and that of the best rule, {rule}, is {theirs:.3f}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>A simple rule that needs no training is better: the model's F1 on held-out pixels is {own:.3f}, and that of the rule {rule} is {theirs:.3f}. Use the rule, or draw more varied polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The model's F1 on held-out pixels is {own:.3f}, and that of the simple rule {rule} is {theirs:.3f}, but with other polygons it could be the other way round.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The model is no better than a simple rule that needs no training: its F1 on held-out pixels is {own:.3f}, and that of the rule {rule} is {theirs:.3f}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities are well calibrated.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities are poorly calibrated: use them as a ranking only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Whether probabilities are well calibrated is uncertain: too few places were compared.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Predicted probability and observed fraction of water differ by {error} on average.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Predicted probability and observed fraction of water differ by {error} on average (95 % interval {low} to {high}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Where water is mapped, the mean probability is {mean}, and {true} is water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Nearly all compared pixels have a probability near 0 or 1, so nothing is known of those between.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>both classes weighted equally</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>{share} water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities reflect the class mix of the training areas ({mix}), not of the scene to be mapped. Set the expected share of water if you know it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities reflect the class mix of the training areas ({mix}), but {mapped} of the map is water. Set the expected share of water to adjust them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities reflect the class mix of the training areas ({mix}). {mapped} of the map is water, so the difference hardly matters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities are adjusted to an expected share of water of {expected}, which no map confirms yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities are adjusted to an expected share of water of {expected}, but {mapped} of the map is water. Check which of the two is wrong.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Probabilities are adjusted to an expected share of water of {expected}, and {mapped} of the map is water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>{share} of the map's pixels are unlike every pixel that was drawn: for the others, similar values were drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>Similar values may still be another surface, and few areas were drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>{share} of the map's pixels are unlike every pixel that was drawn. What the map shows there is a guess: draw areas on those surfaces too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The reference is not a random sample: the scores only apply to places like those of the reference, and easy ones make a map look better than it is. If the model was trained on them, the scores mean nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The reference is a probability sample, but not of this map: the scores apply to the area it was drawn from.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The reference was drawn as a probability sample, but the warnings below limit what it says of the whole map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The reference is a probability sample, so accuracy and area apply to the whole map, within their intervals. Scores are weighted by the area that each point represents.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/reports/verdicts.py"/>
        <source>The strata are those of another map or threshold, for which the weights account (Stehman 2014, doi 10.1080/01431161.2014.930207).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/samples.py"/>
        <source>Samples need one row per pixel and one column per input: X has shape {shape} for {labels} labels and {inputs} inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/samples.py"/>
        <source>Samples need Boolean labels, and integers for polygons and scenes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/samples.py"/>
        <source>Samples contain NaN or infinite pixel values: leave out those rows.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/samples.py"/>
        <source>Each input needs a different name, but the names are {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/samples.py"/>
        <source>A sample refers to a scene that isn't listed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>No value that means water is given: name at least one, such as 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>The field of “{layer}” holds text, so {classes} count as not water, though equal to a listed number: list them too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>None of the values that mean water occurs in “{layer}”: {missing}. Its classes are {classes}. Name one of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>Put one that contains a comma in double quotes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>These values that mean water don't occur in “{layer}”: {missing}. Its classes are {classes}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>Classes of “{layer}” that its form doesn't offer count as not water: {classes}. To omit a feature, clear its class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>The classes are numbers, but “{entry}” among the values that mean water isn't one: write numbers such as 1 or 2.5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>“{entry}” (similar: “{similar}”)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/classes.py"/>
        <source>“{entry}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It lies outside the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It holds no pixel centre: draw it larger than a pixel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It gives no pixel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It has no geometry: draw it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It is neither a polygon nor a point.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It has coordinates that aren't finite: draw it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>Every pixel lies in areas of both classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>Every pixel is NoData or masked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>Every pixel lies in areas of both classes or in another area of its class, or is NoData.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/incremental.py"/>
        <source>It is covered by other areas of its class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>All {n} labelled features lie outside the raster: check that both have the right CRS. In the raster's CRS, {crs}, they span {span}, and the raster {own}; the nearest is {gap:.6g} map units away.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>not drawn, since there are more areas than the maximum number of pixels per class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>outside the raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>every pixel lies in areas of both classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>NoData or masked in every pixel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>every pixel lies in areas of both classes, or is NoData or masked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>covered by other areas of its class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>holds no pixel centre, being smaller or narrower than a pixel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>holds no pixel centre, being smaller than a pixel: take every pixel that an area touches, or draw it larger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>{ids} ({reason})</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>Of {n} labelled features, {unused} gave no pixel. By feature id: {reasons}.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>{n} labelled features reach beyond the raster, and only their parts inside count. Feature ids: {ids}.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>{ids} and {more} more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/overlay.py"/>
        <source>Feature {feature} has infinite coordinates on the raster: it may lie too far outside the area that its CRS covers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Features of “{layer}” left out because they have no geometry: {count} (ids: {ids}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Invalid features of “{layer}” repaired, such as outlines that crossed themselves: {count} (ids: {ids}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Features of “{layer}” left out because their geometry can't be repaired: {count} (ids: {ids}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Features of “{layer}” left out because they can't be reprojected onto the image: {count} (ids: {ids}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Features of “{layer}” with coordinates that don't fit its CRS, {crs}, which is in degrees: {count} (ids: {ids}). Feature {first} lies at x = {x:.10g}, y = {y:.10g}. The layer probably has the wrong CRS: set the one of its coordinates (right-click the layer, Layer CRS, Set Layer CRS).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>They are left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>No feature of “{name}” can be reprojected onto the image, from {crs} to {image_crs}: check the CRS of both layers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>There is no training area: no feature has both a geometry and a class. Draw some, and fill in their class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>All training areas are water: the class field holds {values}, and “{water_values}” means water. Draw areas that are not water too, or name other values.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>No training area is water: the class field holds {values}, and “{water_values}” means water. Draw areas of water too, or name other values.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>{path} can't be opened as a vector layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>{path} has no layer {layer}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Feature {feature} of {path} is a {shape}: training areas are polygons or points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Feature {feature} of {path} can't be reprojected onto the raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>Features of “{layer}” left out because their class is empty: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>{path} has no field “{class_field}” for the class; its fields are: {fields}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>{path} can't be read completely: it may be truncated, so copy or export it again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>{path} should contain {declared} features, but only {count} can be read: copy or export it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/polygons.py"/>
        <source>{path} has no known CRS, so the training areas can't be placed: assign one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>The maximum number of pixels per class and the seed can't be negative.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>No valid pixel is labelled water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>No valid pixel is labelled not water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>Of the labelled pixels, {conflicting} lie in areas of both classes and {invalid} are invalid in a band. An area holds only pixels whose centre lies inside: draw larger areas, or take every pixel that an area touches.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>Sampled {water} of {all_water} water pixels and {other} of {all_other} other pixels, from {used} of {areas} training areas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>Sampled pixels that hold {value:g} in every band: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>Pixels left out because they lie in areas of both classes: {conflicting}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/sampling/sample.py"/>
        <source>Pixels left out because of NoData in at least one band: {invalid}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>The folder {folder} doesn't exist: create it, or choose another destination.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>{destination} is a folder: choose a file name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>{destination} is a pipe or a device: choose a file name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>The folder {folder} is not writable: choose another destination.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>{destination} is write-protected: choose another name, or allow writing to it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>The file name {name} is {count} bytes too long: choose a shorter one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>{destination} can't be replaced ({reason}): close the program that has it open, or choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/files.py"/>
        <source>{destination} can't be written: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/space.py"/>
        <source>{destination} needs at least {needed}, but its disk has only {free} free: free some space, or choose another disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/system/space.py"/>
        <source>The disk may be full: it has {free} free, and up to {needed} are needed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/system/space.py"/>
        <source>{n} bytes</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/descent.py"/>
        <source>Training failed: {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/descent.py"/>
        <source>the loss rose instead of falling: a learning rate of {rate:g} is too large. Leave it empty, or try {smaller:g}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/descent.py"/>
        <source>Leave the learning rate empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/descent.py"/>
        <source>The optimizer lbfgs needs fewer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/holdout.py"/>
        <source>No validation: it needs at least two polygons of each class, but the samples come from {water} of water and {other} of not water. Draw more polygons to find out how good the model is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/holdout.py"/>
        <source>Cross-validation in {folds} folds: each of the {water} water polygons and {other} other polygons is held out once, and classified by a model trained without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/holdout.py"/>
        <source>Held out for validation: {water} of {all_water} water polygons and {other} of {all_other} other polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/live.py"/>
        <source>While you draw, only logistic regression is trained: set the hidden units to 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/objective.py"/>
        <source>the classes are separable, so the coefficients would grow without limit. Set a small L2, such as 1e-6.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/objective.py"/>
        <source>the loss stopped falling with an estimated {percent:g} % to go. Try another learning rate, seed or optimizer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/objective.py"/>
        <source>after {epochs} epochs the loss could still fall by an estimated {percent:g} %. Increase the maximum epochs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/record.py"/>
        <source>The model file describes {described} of the {count} scenes that the samples come from.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The optimizer is “{value}”; it must be gradient_descent, lbfgs, adam or newton.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The device is “{value}”; it must be auto, cpu, cuda or mps.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The learning rate is {value}; it must be above 0, or empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The momentum is {value}; it must be at least 0 and below 1, or empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The maximum number of epochs is {value}; it must be at least 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The batch size is {value}; it must be 0 (full batch) or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The optimizer {value} needs the full batch: set the batch size to 0, or choose another optimizer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The optimizer newton is for logistic regression: set the hidden units to 0, or choose another optimizer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The optimizer newton runs on the CPU: set the device to auto or cpu, or choose another optimizer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The L2 regularisation is {value}; it must be 0 or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The expected share of water is {value}; it must be between 0 and 1, or empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The share held out for validation is {value}; it must be at least 0 and below 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The number of folds is {value}; it must be 0, or 2 or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The number of hidden units is {value}; it must be between 0 and {max}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/settings.py"/>
        <source>The seed is {value}; it must be 0 or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>PyTorch is installed but can't be imported.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>Its last line of output: {line}</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>cpu ({n} processors)</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>PyTorch is optional: without it NumPy trains logistic regression. Only perceptrons and training on a GPU need it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>GDAL was built without ZSTD, so results are compressed with DEFLATE, which is slower. Newer versions of QGIS bring a GDAL with ZSTD.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>PyTorch {version} is a build for CPUs, so it can't use the NVIDIA GPU. Logistic regression trains in seconds without it. To use the GPU anyway, remove this PyTorch ({folder}) and install it again. {gpu_build}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/setup_check.py"/>
        <source>PyTorch is built for CUDA {cuda} but finds no NVIDIA GPU. The driver of the GPU may be too old.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>PyTorch isn't installed for this Python ({python}). {installation}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>PyTorch is installed but can't be imported ({error}). {installation}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>PyTorch is installed but its libraries can't be loaded ({error}). On Windows, usually the Microsoft Visual C++ runtime is missing: install it (https://aka.ms/vs/17/release/vc_redist.x64.exe) and restart QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>PyTorch {torch} doesn't work with NumPy {numpy} ({error}). Install another version of PyTorch; don't change NumPy.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>PyTorch is installed but can't be imported ({error}). Install it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>no reason given</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>PyTorch can't use the device {requested} on this machine. Available: {devices}. Choose one of these, or auto.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>This is the build for CPUs: a download of about 200 MB, 0.9 GB on disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>The download is about 120 MB, 0.6 GB on disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>Install it into this environment with
  {command}
and restart QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>Close QGIS, open the OSGeo4W Shell from the start menu, and run
  {command}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>Close QGIS, open the Terminal, and run
  {command}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>This Python is managed by your Linux distribution: create a virtual environment and start QGIS with it first on PATH (Debian and Ubuntu need the package python3-venv):
  {command}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>Debian has a build for CPUs. Run
  {command}
and restart QGIS. For an NVIDIA GPU instead:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>On a Mac with an Apple processor it uses the GPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>For an NVIDIA GPU, add the --index-url given at {address}: a download of about 3 GB, 5 GB on disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/torch_setup.py"/>
        <source>For an NVIDIA GPU, leave out {option}: a download of about 3 GB, 5 GB on disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>Training on {water} water and {other} other pixels. Seed {seed}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>The optimizer {optimizer} has no momentum; the setting is ignored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>The optimizer newton has no learning rate; the setting is ignored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>{n} epochs on {device}: loss {loss:.4g}.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>Not converged: {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>A perceptron needs PyTorch. Set the hidden units to 0 to train logistic regression without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>The device {device} needs PyTorch. Choose auto to train on the CPU without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>PyTorch isn't available: trained with the optimizer newton, which needs only NumPy and finds the same coefficients.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>There are no samples to train on. Draw polygons inside the image, on valid pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>All {count} samples are of class “not water”. Draw polygons of class “water” too, or check which values mean water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>All {count} samples are of class “water”. Draw polygons of class “not water” too, or check which values mean water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>{count} samples are too few for {inputs} inputs: don't trust the result, label more pixels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>{n} polygons hold samples of both classes.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>If you didn't change the class of single samples, polygons of two layers have the same id: sample each layer again and merge the results.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>The samples come from images of different data types ({types}), so their values may not mean the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>The samples come from images that declare different scales or offsets for {names}, so their raw values don't mean the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>Training on {device} failed ({reason}). Set a batch size, sample fewer pixels, or choose the device cpu.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>Training on {device} failed ({reason}); continuing on {next_device}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>The validation model didn't converge: {advice}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>At p ≥ 0.5 the model classifies all training pixels as “not water”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>At p ≥ 0.5 the model classifies all training pixels as “water”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>Check bands, classes and polygons. If one class has far fewer pixels than the other, turn on Balance classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>No threshold is recommended: that needs two held-out polygons of each class. Draw more, or use folds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/train.py"/>
        <source>Recommended threshold: {threshold:.3g}. On polygons that weren't used to choose it, the best threshold ({best:.3g}) reaches F1 {f1:.3f}, and 0.5 reaches {f1_at_half:.3f}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/whitening.py"/>
        <source>Pixel values reach {value:g}, which is too large to compute with. Is a NoData value not declared?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/training/whitening.py"/>
        <source>All samples have the same pixel values, so nothing separates the classes. Draw polygons elsewhere, or check bands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/core/translation.py"/>
        <source>{most} and {last}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>Choose a layer for the training areas, or press New.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>“{layer}” has a filter, which may hide what is drawn or changed: remove it first (right-click the layer, Filter).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>The field “{field}” of “{layer}” is computed or joined, so no class can be saved in it: choose another class field.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>What was drawn can't be transformed to the CRS of “{layer}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>draw water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>draw not water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>change class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>“{layer}” has to keep an area: in an empty file of this format ({format}) nothing can be drawn, nor put back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>The edit was taken back; Redo tries again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>Features of “{layer}” share an id, as in a view without a key: export it to a GeoPackage, and choose that.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>It has no class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>“{layer}” can't be edited, so nothing can be saved in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/areas.py"/>
        <source>“{layer}” can't be saved: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/check.py"/>
        <source>“{layer}” holds no points that Sample reference points drew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/check.py"/>
        <source>label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/check.py"/>
        <source>The point stays as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/check.py"/>
        <source>“{layer}” has no field “{field}”: choose a layer that Sample reference points wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/check.py"/>
        <source>The map can't be read: see the log messages.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Margin of the area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Half the width of the 95 % interval, in percent of the area. The number of points is worked out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Random points on the map, one by one, and the map is hidden: look at the image alone. You can stop at any point.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Check with points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>New random points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>{name}: {done} of {points} labelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Second view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Back to the point before (Backspace).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Skip ▸</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Leaves the point open, and goes to the next open one (S).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Takes the last label back (Ctrl+Z).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Water  W</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>The pixel's larger part is water (key W).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Not water  N</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>It is something else (key N).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Can't tell  U</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Nobody could tell from the images (key U). It counts as missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>not sure  Q</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Marks the label of this point, given or to come, as not sure (key Q).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>W, N and U label and go on to the next open point; + and − zoom.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Points are in random order, so the first ones are a sample. In simulations, stopping as soon as the margin was reached cost the 95 % interval at most a point of its coverage.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Finish: accuracy report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Runs Assess accuracy with these points; open points are left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Ends the check for now: every label is saved, and the map is shown again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>&lt;b&gt;Point {number} of {points}&lt;/b&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>{hectares} ha</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>{low} to {high} ha (95 %), after {labelled} of {points}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Reading the map…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>{n} unclear points count as missing, as if such places were like the others.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>All land: {low} ha; all water: {high} ha.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>Every point is labelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>About {n} more labels for ± {margin} %.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkbox.py"/>
        <source>± {margin} % is reached. To stop here is sound.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checking.py"/>
        <source>Save the map first, or choose a raster of water probability.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checking.py"/>
        <source>Accuracy report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checking.py"/>
        <source>The run failed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkpoints.py"/>
        <source>accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/checkpoints.py"/>
        <source>reference points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/controller.py"/>
        <source>Choose the green, red and near-infrared bands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/controller.py"/>
        <source>Edits since the last update aren't shown yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Next doubtful place: moves the map to where an area would teach most (key D).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Draw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>See</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Choose an image first: the areas get its CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>The image has no overviews, so zooming out is slow.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Build them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>class field “{field}”, water: {values}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Choose an image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Choose the bands of the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/dock.py"/>
        <source>Next doubtful place ▸</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/engine.py"/>
        <source>Draw one area of water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/engine.py"/>
        <source>Draw one area that is not water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/engine.py"/>
        <source>All areas of one class give no pixel: the list says why.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Water in the whole image at full resolution, once the pen has rested.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>F1 on areas that are left out one at a time. The upright line is F1 of the index NDWI, untrained.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>What isn't water and NoData have no colour.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Opacity. Hold Space over the map to see the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Live: the map follows each edit. Click to pause.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Update once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Brings the map up to date, and stays paused.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Working</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Opacity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Where p is between 0.3 and 0.7, or the pixel looks like nothing you drew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>The probability of water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>What is mapped as water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Doubtful</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>{low} to {high} ha when areas are left out in turn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>measuring the whole image…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>in view ≈ {hectares} ha</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>p from {low:g} to {high:g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>like nothing drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Pixels with at least this probability count as water: in the hectares, in F1 and in the view Water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>from {water} water and {other} other areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>; F1 needs three of each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>NDWI alone: {f1:.2f}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>{pixels} px, {time:.0f} ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Held out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Share of its pixels that a model trained without the area maps correctly.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/figures.py"/>
        <source>Double click zooms; Del deletes; W and N change the class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/saving.py"/>
        <source>{image} water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/saving.py"/>
        <source>The saved model equals the panel's. The map has an extent, a mask or a data type of its own, so its values and hectares differ from those that the panel shows.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/saving.py"/>
        <source>The saved map equals what the panel shows: p differs by less than {limit:g}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/saving.py"/>
        <source>At the panel's threshold, p ≥ {threshold:g}, {hectares:.0f} ha are water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/saving.py"/>
        <source>The saved map differs from what the panel shows now by up to {difference:.2g} in p: areas or settings have changed since it began.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>Area {fid} gives no pixel. {problem}</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>Draw {n} more areas of water: F1 needs three of each class.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>Draw {n} more areas that aren't water: F1 needs three of each class.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>Area {fid} looks like nothing else you drew: draw more of its kind.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>{n} pixels in view look like nothing you drew: draw an area there.</source>
        <translation type="unfinished"><numerusform></numerusform></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>NDWI alone scores better, {ndwi:.2f}: check the areas with the fewest pixels right.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/scoring.py"/>
        <source>A label at the next doubtful place would teach the model most.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/sources.py"/>
        <source>A temporary layer: what you draw in it goes when QGIS is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/sources.py"/>
        <source>Saved as you draw: {path}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/sources.py"/>
        <source>Sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/sources.py"/>
        <source>Sample areas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/tools.py"/>
        <source>Click each corner, right-click to close. Backspace removes the last corner.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/tools.py"/>
        <source>Drag to paint. Wheel: width, now {width:.3g} {unit}. Ctrl+wheel: zoom.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/tools.py"/>
        <source>Click to take the outlined pixels. Wheel: tolerance, now {tolerance:.2g}. Ctrl+wheel: zoom.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>New</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Creates a GeoPackage for the training areas beside the project, ready to draw in.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>False colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Shows near infrared as red, red as green and green as blue: water is nearly black, vegetation red.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Try it with the sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>auto</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>near infrared</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>The values of the class field that mean water, separated by commas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>class field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>values that mean water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Add a satellite or aerial image with green, red and near-infrared bands to the project.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Then draw a few areas of water and of everything else: the map follows each stroke.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>green {green} · red {red} · near infrared {nir}, {found}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Draw water (key W).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Draw what is not water (key N).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Draw corner by corner.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Paint: a stroke becomes an area.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Take the pixels around a click that look alike.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Polygon</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Grow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Undo: {step} (Ctrl+Z)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Nothing to undo.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Redo: {step} (Ctrl+Shift+Z)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Nothing to redo.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Choose a pen, then draw on the map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Save map…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Runs Map water from polygons with these settings: map, model and report.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Water bodies…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Turns a saved map into polygons with their areas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Random points on a saved map, labelled one by one: an area with an interval.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Same on a folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/panel/widgets.py"/>
        <source>Applies the saved model to many images.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/paths.py"/>
        <source>The plugin's {name} is missing beside {folder}: install the plugin again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Draw and see water</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Map water…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Image from bands…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Create training layer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Load the sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>draw areas and see the map of water follow: Raster ▸ IPEO Water ▸ Draw and see water.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/plugin.py"/>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../../ipeo_water_plugin/provider.py"/>
        <source>{name}: water from satellite and aerial images</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
