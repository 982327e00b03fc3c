#include "widgets/studies/scene_values.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

using protocol::Field;
using protocol::Scene;

namespace {

QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

/// An image over bytes of the scene, which lives as long as the image does.
QImage sharing(const SharedScene& scene, const std::uint8_t* bytes, int width, int height, int channels,
               QImage::Format format)
{
    auto* keeper = new SharedScene(scene);
    return {bytes,  width,
            height, qsizetype(width) * channels,
            format, [](void* kept) { delete static_cast<SharedScene*>(kept); },
            keeper};
}

const Field* liveField(const std::vector<Field>& live, const std::string& name)
{
    const auto it = std::find_if(live.begin(), live.end(), [&](const Field& f) { return f.name == name; });
    return name.empty() || it == live.end() ? nullptr : &*it;
}

double shorterSide(const Scene& scene)
{
    return std::min(scene.width, scene.height);
}

/// @p degrees turned by whole circles into the field's range where it has such a value.
double inRange(double degrees, const Field& field)
{
    const double low = field.low.value_or(-180), high = field.high.value_or(180);
    for (const double turned : {degrees, degrees + 360, degrees - 360}) {
        if (turned >= low && turned <= high)
            return turned;
    }
    return degrees;
}

/// As a number that reads like one: 0.1235 and not 0.12350000000000001.
Json number(double value, int decimals)
{
    return std::stod(QString::number(value, 'f', decimals).toStdString());
}

} // namespace

QImage pictureOf(const SharedScene& scene, std::size_t index)
{
    const protocol::ScenePicture& picture = scene->pictures.at(index);
    const bool grey = picture.channels == 1;
    return sharing(scene, picture.pixels.data(), int(scene->width), int(scene->height), int(picture.channels),
                   grey ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
}

QVector<CanvasImage> canvasImages(const SharedScene& scene)
{
    QVector<CanvasImage> images;
    for (std::size_t i = 0; i < scene->pictures.size(); ++i)
        images.append(CanvasImage(pictureOf(scene, i), text(scene->pictures[i].name)));
    return images;
}

QVector<CanvasBox> canvasBoxes(const Scene& scene)
{
    QVector<CanvasBox> boxes;
    for (const protocol::SceneBox& box : scene.boxes)
        boxes.append(
            {QRectF(box.x, box.y, box.width, box.height), text(box.label), box.score, text(box.role)});
    return boxes;
}

QVector<HeatMap> canvasMaps(const Scene& scene)
{
    QVector<HeatMap> maps;
    for (const protocol::SceneMap& map : scene.maps) {
        if (!(map.low < map.high) || map.values.empty())
            continue;
        const bool diverging = map.colourMap == "diverging";
        const QRectF extent = map.width > 0 ? QRectF(map.x, map.y, map.width, map.height) : QRectF();
        maps.append({.values = CanvasImage::fromPlanes(map.values, QSize(int(map.columns), int(map.rows)), 1,
                                                       map.low, map.high, text(map.name)),
                     .extent = extent,
                     .map = diverging ? ColourMap::Diverging : ColourMap::Sequential,
                     .opacity = map.opacity,
                     .fadesLow = !diverging});
    }
    return maps;
}

QImage maskOf(const SharedScene& scene)
{
    if (scene->mask.empty())
        return {};
    return sharing(scene, scene->mask.data(), int(scene->width), int(scene->height), 1,
                   QImage::Format_Grayscale8);
}

QImage patchOf(const SharedScene& scene)
{
    const protocol::ScenePatch& patch = scene->patch;
    if (patch.pixels.empty())
        return {};
    return sharing(scene, patch.pixels.data(), int(patch.columns), int(patch.rows), 4,
                   QImage::Format_RGBA8888);
}

PlacedRect placeOf(const protocol::ScenePatch& patch)
{
    if (patch.pixels.empty())
        return {};
    return {{patch.x, patch.y}, {patch.width, patch.height}, std::remainder(patch.angle, 360)};
}

PlaceFreedom freedomOf(const Scene& scene, const std::vector<Field>& live)
{
    const protocol::ScenePatch& patch = scene.patch;
    const Field* x = liveField(live, patch.xField);
    const Field* y = liveField(live, patch.yField);
    const Field* size = liveField(live, patch.sizeField);
    const Field* angle = liveField(live, patch.angleField);
    PlaceFreedom freedom{
        .moves = x || y, .scales = size != nullptr, .turns = angle != nullptr, .stretches = false};
    // What cannot be set stays where it is.
    const double left = x ? x->low.value_or(0) * scene.width : patch.x;
    const double right = x ? x->high.value_or(1) * scene.width : patch.x;
    const double top = y ? y->low.value_or(0) * scene.height : patch.y;
    const double bottom = y ? y->high.value_or(1) * scene.height : patch.y;
    freedom.centres = QRectF(QPointF(left, top), QPointF(right, bottom));
    if (size) {
        freedom.leastWidth = std::max(1.0, size->low.value_or(0) * shorterSide(scene));
        freedom.mostWidth = std::max(freedom.leastWidth, size->high.value_or(2) * shorterSide(scene));
    }
    if (angle && angle->low.value_or(-180) >= -180 && angle->high.value_or(180) <= 180) {
        freedom.leastAngle = angle->low.value_or(-180);
        freedom.mostAngle = angle->high.value_or(180);
    }
    return freedom;
}

Json paramsOf(const PlacedRect& place, const Scene& scene, const std::vector<Field>& live)
{
    Json params = Json::object();
    const protocol::ScenePatch& patch = scene.patch;
    const auto set = [&](const std::string& name, double value, int decimals) {
        const Field* field = liveField(live, name);
        if (!field)
            return;
        value = std::max(value, field->low.value_or(value));
        value = std::min(value, field->high.value_or(value));
        params[name] = number(value, decimals);
    };
    set(patch.xField, place.centre.x() / scene.width, 4);
    set(patch.yField, place.centre.y() / scene.height, 4);
    set(patch.sizeField, place.size.width() / shorterSide(scene), 4);
    if (const Field* angle = liveField(live, patch.angleField))
        set(patch.angleField, inRange(place.angle, *angle), 1);
    return params;
}

} // namespace assay::widgets
