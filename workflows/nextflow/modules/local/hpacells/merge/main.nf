process HPACELLS_MERGE {
    tag "${meta.id}"
    label 'process_medium'
    container "${params.container}"

    input:
    tuple val(meta), path(parts, stageAs: 'parts/*'), path(images, stageAs: 'images')

    output:
    tuple val(meta), path("${prefix}"), emit: work
    path "*_mqc.tsv", emit: mqc
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir -p '${prefix}/shards'
    for part in parts/*; do
        shard='${prefix}/shards/'\$(basename "\$part")
        mkdir "\$shard"
        cp -Rl --preserve=timestamps "\$part"/. "\$shard" || cp -R --preserve=timestamps "\$part"/. "\$shard"
    done
    hpacells merge '${prefix}' --allow-failed
    rm -r '${prefix}/shards'
    hpacells combine --work '${prefix}' ${args}
    hpacells inspect --work '${prefix}'
    hpacells_mqc.py '${prefix}' > '${prefix}_mqc.tsv'

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir -p '${prefix}'
    touch '${prefix}_mqc.tsv'

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """
}
