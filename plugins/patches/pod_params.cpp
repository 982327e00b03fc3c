#include "plugins/patches/pod_params.h"

#include <algorithm>

namespace assay::patches::pod {

namespace {

std::string titleOf(const std::string& name, const std::vector<std::string>& names,
                    const std::vector<std::string>& titles)
{
    const auto at = std::ranges::find(names, name);
    return at == names.end() ? name : titles[static_cast<std::size_t>(at - names.begin())];
}

} // namespace

const std::vector<std::string>& trainingTitles()
{
    static const std::vector<std::string> titles = {"Undefended", "Random patches", "POD", "Adversarial",
                                                    "Adversarial, patch class"};
    return titles;
}

const std::vector<std::string>& attackTitles()
{
    static const std::vector<std::string> titles = {"Scattered", "Noise",   "Black", "AdvPatch",
                                                    "Adaptive",  "HOTCOLD", "Shape"};
    return titles;
}

std::string trainingTitle(const std::string& name)
{
    return titleOf(name, trainingNames(), trainingTitles());
}

std::string attackTitle(const std::string& name)
{
    return name == "none" ? "Clean" : titleOf(name, attackNames(), attackTitles());
}

} // namespace assay::patches::pod
