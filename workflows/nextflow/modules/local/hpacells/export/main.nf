process HPACELLS_EXPORT {
    tag "${meta.id} ${format}"
    label 'process_medium'
    container "${params.container}"

    input:
    tuple val(meta), path(work, stageAs: 'merged'), path(images, stageAs: 'images'), val(format)

    output:
    tuple val(meta), val(format), path("${prefix}.${format}"), emit: exported
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    cp -Rl --preserve=timestamps merged/. work || cp -R --preserve=timestamps merged/. work
    mkdir '${prefix}.${format}'
    hpacells export work --as ${format} --output '${prefix}.${format}' ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir '${prefix}.${format}'

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """
}
